import { isDeepStrictEqual } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { BatchJobProcessor, type BatchJobProcessorArgs, type JwtArgs } from "../../components";
import { readEnvironment } from "../../contract/environmentFile";
import type { Route } from "../../contract/http/route";
import { routes } from "../../contract/http/routes";
import { decodeJobType } from "../../contract/jobType";
import { replaceOn } from "../../local-cloud/pulumi/replacements";
import { record, type RecordedResource } from "../support/record";

const wordCount = { name: "word-count", handler: "word-count" };
const checksum = { name: "checksum", handler: "checksum" };
const build = (args: Partial<BatchJobProcessorArgs> = {}) =>
  record(() => new BatchJobProcessor("media", { processors: [wordCount, checksum], ...args }));

interface Statement {
  Sid?: string;
  Effect: string;
  Action: string | string[];
  Resource: string | string[];
  Principal?: unknown;
}
const statementsOf = ({ inputs }: RecordedResource) =>
  (JSON.parse(inputs.policy as string) as { Statement: Statement[] }).Statement;
const listOf = (value: string | string[]) => (Array.isArray(value) ? value : [value]);
const userDataOf = (template: RecordedResource) => Buffer.from(template.inputs.userData as string, "base64").toString();

const queuesUrl = "https://sqs.us-east-1.amazonaws.com/123456789012";

const valueOf = <T>(output: pulumi.Output<T>) => new Promise<T>((resolve) => output.apply(resolve));

describe("BatchJobProcessor", () => {
  describe("for every resource", () => {
    it("starts each name with its parent's and hangs each under the component", async () => {
      const { resources } = await build();
      const component = resources.find(({ name }) => name === "media")!;
      for (const resource of resources.filter((one) => one !== component)) {
        if (resource.type === "pulumi:pulumi:Stack") continue;
        const parent = resources.find(({ urn }) => urn === resource.parent);
        expect(parent, `parent of ${resource.name}`).to.exist;
        expect(resource.name.startsWith(`${parent!.name}-`), `${resource.name} under ${parent!.name}`).to.be.true;
      }
      expect(resources.length).to.be.greaterThan(50);
    });

    it("registers no type and name twice", async () => {
      const { resources } = await build();
      expect(new Set(resources.map(({ urn }) => urn)).size).to.equal(resources.length);
    });

    it("keeps each role's policy within 10,240 characters", async () => {
      const { ofType } = await build();
      const policies = ofType("iam/rolePolicy:RolePolicy");
      expect(policies).to.have.length(12);
      for (const { inputs } of policies) expect((inputs.policy as string).length).to.be.lessThan(10_240);
    });

    it("leaves room in names for what Pulumi and the provider append, however long the component's and a type's are", async () => {
      const limits = { "iam/role:Role": 64, "sqs/queue:Queue": 80, "lambda/function:Function": 64 };
      const type = { name: "t".repeat(40), handler: "word-count" };
      const { ofType } = await record(() => new BatchJobProcessor("c".repeat(33), { processors: [type] }));
      for (const [suffix, limit] of Object.entries(limits)) {
        for (const { name, inputs } of ofType(suffix)) {
          const prefix = inputs.namePrefix as string | undefined;
          expect(prefix === undefined ? name.length + 8 : prefix.length + 26, name).to.be.at.most(limit);
        }
      }
    });

    it("tags all that takes tags", async () => {
      const tags = { team: "media" };
      const { resources } = await build({ tags });
      const untagged = resources.filter(({ type, inputs }) => taggable.test(type) && !hasTag(inputs.tags));
      expect(untagged.map(({ name }) => name)).to.deep.equal([]);
    });
  });

  describe("queues", () => {
    it("each have encryption, a TLS-only policy, the longest retention and room for the largest message", async () => {
      const { ofType, named } = await build();
      const queues = ofType("sqs/queue:Queue");
      expect(queues).to.have.length(3 + 2 * 2);
      for (const { name, inputs } of queues) {
        expect(inputs.sqsManagedSseEnabled, name).to.equal(true);
        expect(inputs.messageRetentionSeconds, name).to.equal(14 * 24 * 3_600);
        expect(inputs.maxMessageSize, name).to.equal(1_024 ** 2);
        const [deny] = statementsOf(named(`${name}-policy`));
        expect(deny).to.deep.include({
          Effect: "Deny",
          Principal: "*",
          Action: "sqs:*",
          Condition: { Bool: { "aws:SecureTransport": "false" } },
        });
      }
    });

    it("of a type redrive to its dead-letter queue, which no other queue may use", async () => {
      const { ofType } = await build();
      for (const { name, inputs } of ofType("sqs/queue:Queue").filter((queue) => queue.name.endsWith("-jobs"))) {
        const prefix = name.replace(/-jobs$/, "");
        expect(JSON.parse(inputs.redrivePolicy as string)).to.deep.equal({
          deadLetterTargetArn: `arn:aws:sqs:us-east-1:123456789012:${prefix}-dead-letters`,
          maxReceiveCount: 1_000,
        });
        const allow = ofType("sqs/redriveAllowPolicy:RedriveAllowPolicy").find((one) => one.name.startsWith(prefix))!;
        expect(JSON.parse(allow.inputs.redriveAllowPolicy as string)).to.deep.equal({
          redrivePermission: "byQueue",
          sourceQueueArns: [`arn:aws:sqs:us-east-1:123456789012:${name}`],
        });
      }
    });

    it("of a type let the router's role send, so that the role lists no queue", async () => {
      const { named } = await build();
      const allow = statementsOf(named("media-word-count-queue-jobs-policy"))[1]!;
      expect(allow).to.deep.include({
        Principal: { AWS: "arn:aws:iam:us-east-1:123456789012:media-router-router-role" },
        Action: "sqs:SendMessage",
      });
      const router = statementsOf(named("media-router-router-policy"));
      expect(JSON.stringify(router)).not.to.include("word-count");
    });

    it("of a type let the repair run's role send jobs and explain dead letters, so that the role lists no queue", async () => {
      const { named } = await build();
      const principal = { AWS: "arn:aws:iam:us-east-1:123456789012:media-repair-repair-role" };
      const replay = statementsOf(named("media-word-count-queue-jobs-policy"))[2]!;
      expect(replay).to.deep.include({ Principal: principal, Action: "sqs:SendMessage" });
      const explain = statementsOf(named("media-word-count-queue-dead-letters-policy"))[1]!;
      expect(explain).to.deep.include({
        Principal: principal,
        Action: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:SendMessage"],
      });
      expect(JSON.stringify(statementsOf(named("media-repair-repair-policy")))).not.to.include("word-count");
    });

    it("of a type are emptied before they are deleted, once the fleet is gone and functions may know the type no more", async () => {
      const { named, ofType } = await build();
      const invocation = named("media-word-count-removal");
      expect(invocation.inputs).to.include({
        lifecycleScope: "CRUD",
        functionName: "media-removal-drain-function-1234567",
      });
      const { type, queueUrls } = JSON.parse(invocation.inputs.input as string) as Record<string, unknown>;
      expect([type, queueUrls]).to.deep.equal([
        "word-count",
        ["jobs", "dead-letters"].map((queue) => `${queuesUrl}/media-word-count-queue-${queue}-1234567`),
      ]);
      expect(invocation.options.dependencies).to.include.members(
        ofType("sqs/queuePolicy:QueuePolicy")
          .filter(({ name }) => name.startsWith("media-word-count-"))
          .map(({ urn }) => urn),
      );
      expect(named("media-word-count-fleet-group").options.dependencies).to.include(invocation.urn);
      const principal = { AWS: "arn:aws:iam:us-east-1:123456789012:media-removal-drain-role" };
      for (const queue of ["jobs", "dead-letters"]) {
        const statements = statementsOf(named(`media-word-count-queue-${queue}-policy`));
        const own = statements.filter(({ Principal }) => isDeepStrictEqual(Principal, principal));
        const further = queue === "jobs" ? "SendJobsBack" : "ReleaseDeadLetters";
        expect(own.map((each) => each.Sid)).to.deep.equal([
          queue === "jobs" ? "DrainRemovedType" : "DrainDeadLetters",
          further,
        ]);
      }
      expect(JSON.stringify(statementsOf(named("media-removal-drain-policy")))).not.to.include("word-count");
    });

    it("of each type are written into the table of job types", async () => {
      const { named } = await build({ processors: [{ ...wordCount, description: "Counts words", maxAttempts: 5 }] });
      expect(JSON.parse(named("media-word-count-type").inputs.item as string)).to.deep.equal({
        type: { S: "word-count" },
        queueUrl: { S: "https://sqs.us-east-1.amazonaws.com/123456789012/media-word-count-queue-jobs-1234567" },
        deadLetterQueueUrl: {
          S: "https://sqs.us-east-1.amazonaws.com/123456789012/media-word-count-queue-dead-letters-1234567",
        },
        description: { S: "Counts words" },
        timeoutSeconds: { N: "900" },
        maxAttempts: { N: "5" },
        machineImage: { S: '{"id":"ami-0123456789abcdef0","createdAt":"2026-11-01T00:00:00.000Z"}' },
        logGroup: { S: "media-word-count-fleet-logs-1234567" },
        fleet: {
          S: '{"groupName":"media-word-count-fleet-group-1234567","slots":2,"prefetch":0,"targetLatencySeconds":30}',
        },
      });
    });
  });

  it("has as many slots as the memory of its instances holds jobs, and passes each job's share to the workers", async () => {
    const { named } = await build({
      processors: [{ ...wordCount, memoryMegabytes: 3_000, instanceTypes: ["c7g.xlarge"] }],
    });
    const { fleet } = JSON.parse(named("media-word-count-type").inputs.item as string) as { fleet: { S: string } };
    expect(JSON.parse(fleet.S)).to.include({ slots: 2 });
    const told = readEnvironment(userDataOf(named("media-word-count-fleet-template")));
    expect(told).to.include({ WORKER_MEMORY_MEGABYTES: "3000", WORKER_SLOTS: "0" });
  });

  describe("tables", () => {
    it("list jobs by an index of keys alone, which the front end and the repair run may query", async () => {
      const { named } = await build();
      const { inputs } = named("media-tables-records");
      expect(inputs.globalSecondaryIndexes).to.deep.equal([
        // As in earlier versions: the provider adds the other to a table that is there, and replaces nothing.
        { name: "newest", hashKey: "listKey", rangeKey: "submittedAt", projectionType: "KEYS_ONLY" },
        { name: "unsuccessful", hashKey: "type", rangeKey: "endedAs", projectionType: "KEYS_ONLY" },
      ]);
      expect((inputs.attributes as { name: string }[]).map(({ name }) => name)).to.have.members([
        "id",
        "listKey",
        "submittedAt",
        "type",
        "endedAs",
      ]);
      for (const policy of ["media-api-frontend-policy", "media-repair-repair-policy"]) {
        const actions = statementsOf(named(policy)).flatMap(({ Action, Resource }) =>
          listOf(Action).flatMap((action) => listOf(Resource).map((resource) => [action, resource])),
        );
        expect(actions, policy).to.deep.include([
          "dynamodb:Query",
          "arn:aws:dynamodb:us-east-1:123456789012:media-tables-records/index/newest",
        ]);
      }
    });

    it("get their second index in place, and no more than one in a deployment, as DynamoDB takes it", async () => {
      const { inputs, options, type } = (await build()).named("media-tables-records");
      const { attributes, globalSecondaryIndexes: indexes } = inputs as Record<string, { name: string }[]>;
      // As it was before there was the second index.
      const former = {
        ...{ ...inputs, globalSecondaryIndexes: indexes!.slice(0, 1) },
        attributes: attributes!.filter(({ name }) => ["id", "listKey", "submittedAt"].includes(name)),
      } as typeof inputs;
      const changed = Object.keys(inputs).filter((input) => !isDeepStrictEqual(inputs[input], former[input]));
      expect(changed).to.have.members(["attributes", "globalSecondaryIndexes"]);
      expect(indexes).to.have.length(2);
      expect(changed.filter((input) => replaceOn[type]!.includes(input))).to.deep.equal([]);
      expect(options.replaceOnChanges).to.deep.equal([]);
    });

    it("can be restored to any second where that is asked for", async () => {
      expect((await build()).named("media-tables-records").inputs.pointInTimeRecovery).to.deep.equal({
        enabled: false,
      });
      const { named } = await build({ pointInTimeRecovery: true });
      expect(named("media-tables-records").inputs.pointInTimeRecovery).to.deep.equal({ enabled: true });
    });
  });

  describe("events", () => {
    it("cost nothing unless they are enabled", async () => {
      const { ofType, result } = await build();
      expect(ofType("sns/topic:Topic")).to.have.length(1);
      expect(await valueOf(result.eventsTopicArn)).to.equal(undefined);
    });

    it("have a topic that everything that records ends may publish to, and whose ARN it has", async () => {
      const { named, ofType, result } = await build({ events: true });
      const arn = "arn:aws:sns:us-east-1:123456789012:media-events-topic";
      expect(await valueOf(result.eventsTopicArn)).to.equal(arn);
      expect(statementsOf(named("media-events-topic-policy"))[0]).to.include({ Effect: "Deny" });
      for (const role of [
        "media-api-frontend",
        "media-repair-repair",
        "media-word-count-fleet",
        "media-checksum-fleet",
      ]) {
        expect(statementsOf(named(`${role}-policy`)), role).to.deep.include({
          Sid: "AnnounceEnds",
          Effect: "Allow",
          Action: ["sns:Publish"],
          Resource: arn,
        });
      }
      for (const name of ["media-api-frontend-function", "media-repair-repair-function"]) {
        const { variables } = named(name).inputs.environment as { variables: Record<string, string> };
        expect(variables.EVENTS_TOPIC_ARN).to.equal(arn);
      }
      const template = ofType("ec2/launchTemplate:LaunchTemplate")[0]!;
      expect(readEnvironment(userDataOf(template)).WORKER_EVENTS_TOPIC).to.equal(arn);
    });

    it("have a queue for events that the topic did not take", async () => {
      const { named, ofType } = await build({ events: true });
      const arn = "arn:aws:sqs:us-east-1:123456789012:media-events-kept";
      const workers = statementsOf(named("media-word-count-fleet-policy"));
      expect(workers).to.deep.include({
        ...{ Sid: "KeepEnds", Effect: "Allow", Action: ["sqs:SendMessage"], Resource: arn },
      });
      expect(statementsOf(named("media-repair-repair-policy"))).to.deep.include({
        ...{ Sid: "TakeKept", Effect: "Allow", Action: ["sqs:ReceiveMessage", "sqs:DeleteMessage"], Resource: [arn] },
      });
      const { variables } = named("media-repair-repair-function").inputs.environment as {
        variables: Record<string, string>;
      };
      const template = ofType("ec2/launchTemplate:LaunchTemplate")[0]!;
      expect(variables.KEPT_EVENTS_QUEUE_URL).to.match(/media-events-kept-\d+$/);
      expect(readEnvironment(userDataOf(template)).WORKER_KEPT_EVENTS_QUEUE_URL).to.match(/media-events-kept-\d+$/);
    });
  });

  describe("schedules", () => {
    const nightly = { name: "nightly", expression: "cron(0 3 * * ? *)", timeZone: "Europe/Berlin", payload: { a: 1 } };

    it("submit jobs of their processor by themselves, named after it and not by their place", async () => {
      const { named } = await build({ processors: [{ ...wordCount, schedules: [nightly] }] });
      const { inputs } = named("media-schedules-word-count-nightly");
      expect(inputs).to.include({
        scheduleExpression: "cron(0 3 * * ? *)",
        scheduleExpressionTimezone: "Europe/Berlin",
      });
      expect(inputs.flexibleTimeWindow).to.deep.equal({ mode: "OFF" });
      const { input, ...target } = inputs.target as Record<string, unknown>;
      expect(target).to.deep.equal({
        arn: "arn:aws:scheduler:::aws-sdk:sns:publish",
        roleArn: "arn:aws:iam:us-east-1:123456789012:media-schedules-role",
        deadLetterConfig: { arn: "arn:aws:sqs:us-east-1:123456789012:media-router-undelivered" },
      });
      const { Message } = JSON.parse(input as string) as { Message: string };
      expect(JSON.parse(Message)).to.deep.equal({
        version: 1,
        id: "nightly-<aws.scheduler.execution-id>",
        type: "word-count",
        submittedAt: "<aws.scheduler.scheduled-time>",
        payload: { a: 1 },
      });
    });

    it("submit nothing with schedulesEnabled: false, and say so", async () => {
      const enabled = async (more: object) => {
        const { named } = await build({ processors: [{ ...wordCount, schedules: [nightly] }], ...more });
        const { item } = named("media-word-count-type").inputs as { item: string };
        const { schedules } = decodeJobType(JSON.parse(item) as Parameters<typeof decodeJobType>[0]);
        return [named("media-schedules-word-count-nightly").inputs.state, schedules![0]!.enabled];
      };
      expect(await enabled({})).to.deep.equal([undefined, undefined]);
      expect(await enabled({ schedulesEnabled: true })).to.deep.equal([undefined, undefined]);
      expect(await enabled({ schedulesEnabled: false })).to.deep.equal(["DISABLED", false]);
    });

    it("of jobs far ahead are made by the front end, in one group, and publish in a role that can do no more", async () => {
      const { named } = await build();
      expect(
        statementsOf(named("media-schedules-policy")).map(({ Action, Resource }) => [Action, Resource]),
      ).to.deep.equal([
        [["sns:Publish"], "arn:aws:sns:us-east-1:123456789012:media-router-topic"],
        [["sqs:SendMessage"], "arn:aws:sqs:us-east-1:123456789012:media-router-undelivered"],
      ]);
      expect(JSON.parse(named("media-schedules-role").inputs.assumeRolePolicy as string)).to.deep.include({
        Statement: [
          {
            ...{ Effect: "Allow", Principal: { Service: "scheduler.amazonaws.com" }, Action: "sts:AssumeRole" },
            Condition: { StringEquals: { "aws:SourceAccount": "123456789012" } },
          },
        ],
      });
      const frontend = statementsOf(named("media-api-frontend-policy"));
      const { Action, Resource } = frontend.find(({ Sid }) => Sid === "ScheduleJobs")!;
      expect(Action).to.deep.equal(["scheduler:CreateSchedule", "scheduler:DeleteSchedule"]);
      // Not those that repeat.
      expect(Resource).to.match(/\/job-\*$/);
      expect(frontend).to.deep.include({
        Sid: "PassScheduleRole",
        Effect: "Allow",
        Action: ["iam:PassRole"],
        Resource: "arn:aws:iam:us-east-1:123456789012:media-schedules-role",
        Condition: { StringEquals: { "iam:PassedToService": "scheduler.amazonaws.com" } },
      });
    });
  });

  describe("payload schemas", () => {
    it("are in the table of job types as data, and no code with them", async () => {
      const payloadSchema = { type: "object", required: ["text"] };
      const { ofType } = await build({ processors: [{ ...wordCount, payloadSchema }] });
      const entry = ofType("dynamodb/tableItem:TableItem")[0]!;
      const jobType = decodeJobType(JSON.parse(entry.inputs.item as string) as Record<string, { S: string }>);
      expect(jobType.payloadSchema).to.deep.equal(payloadSchema);
      expect(entry.inputs.item).not.to.match(/function|=>|payloadValidator/);
    });
  });

  describe("topic", () => {
    it("answers over TLS only, by a policy of the actions that SNS takes", async () => {
      const { named } = await build();
      const [deny, ...others] = statementsOf(named("media-router-topic-policy"));
      expect(deny).to.deep.include({ Effect: "Deny", Action: ["sns:Publish", "sns:Subscribe"] });
      expect(others).to.deep.equal([]);
    });
  });

  describe("functions", () => {
    it("have a role, runtime, architecture, memory, timeout and log group, and few small files", async () => {
      const { ofType } = await build();
      const functions = ofType("lambda/function:Function");
      expect(functions.map(({ name }) => name)).to.have.members([
        "media-api-frontend-function",
        "media-acts-operator-function",
        "media-router-router-function",
        "media-repair-repair-function",
        "media-removal-drain-function",
        "media-scaler-scaler-function",
      ]);
      for (const { name, inputs } of functions) {
        expect(inputs).to.include({ runtime: "nodejs22.x", handler: "__index.handler" });
        expect(inputs).to.include.keys("role", "timeout", "memorySize", "loggingConfig");
        expect(inputs.architectures).to.deep.equal(["arm64"]);
        const assets = await (inputs.code as pulumi.asset.AssetArchive).assets;
        const others = name === "media-api-frontend-function" ? ["openapi.json"] : [];
        expect(Object.keys(assets)).to.deep.equal(["__index.js", ...others]);
      }
    });

    it("list no type in their environment or permissions, however many there are", async () => {
      const typesOf = (count: number) =>
        Array.from({ length: count }, (_, index) => ({ ...wordCount, name: `type-${index}` }));
      const textsOf = async (count: number) => {
        const { ofType } = await build({ processors: typesOf(count) });
        const environments = ofType("lambda/function:Function").map(({ name, inputs }) => [name, inputs.environment]);
        const policies = ofType("iam/rolePolicy:RolePolicy").map(({ name, inputs }) => [name, inputs.policy]);
        return Object.fromEntries([...environments, ...policies]) as Record<string, unknown>;
      };
      const [few, many] = [await textsOf(2), await textsOf(12)];
      for (const [name, text] of Object.entries(few)) expect(many[name], name).to.deep.equal(text);
    });

    it("lose nothing: failures and what SNS can't deliver go to queues", async () => {
      const { named } = await build();
      expect(named("media-router-on-failure").inputs).to.deep.include({
        maximumRetryAttempts: 2,
        destinationConfig: { onFailure: { destination: "arn:aws:sqs:us-east-1:123456789012:media-router-failures" } },
      });
      expect(JSON.parse(named("media-router-subscription").inputs.redrivePolicy as string)).to.deep.equal({
        deadLetterTargetArn: "arn:aws:sqs:us-east-1:123456789012:media-router-undelivered",
      });
    });

    it("repair each minute what was left undone", async () => {
      const { named } = await build();
      expect(named("media-repair-schedule").inputs.scheduleExpression).to.equal("rate(1 minute)");
      expect(named("media-repair-target").inputs.arn).to.include("media-repair-minute");
      expect(named("media-repair-invoke").inputs).to.include({
        principal: "events.amazonaws.com",
        sourceArn: "arn:aws:cloudwatch:us-east-1:123456789012:media-repair-schedule",
      });
    });

    it("take reserved and provisioned concurrency, and are then called by their alias", async () => {
      const { named, ofType } = await build({
        frontend: { provisionedConcurrency: 2, reservedConcurrency: 5, memorySize: 1_024 },
        router: { reservedConcurrency: 7, memorySize: 512 },
      });
      expect(named("media-api-frontend-function").inputs).to.deep.include({
        publish: true,
        reservedConcurrentExecutions: 5,
        memorySize: 1_024,
      });
      expect(named("media-router-router-function").inputs).to.deep.include({
        reservedConcurrentExecutions: 7,
        memorySize: 512,
      });
      expect(named("media-api-frontend-warm").inputs.provisionedConcurrentExecutions).to.equal(2);
      expect(named("media-api-integration").inputs.integrationUri).to.include("media-api-frontend-alias");
      expect(named("media-api-invoke").inputs.qualifier).to.equal("live");
      expect(ofType("lambda/alias:Alias").map(({ name }) => name)).to.have.members([
        ...["media-api-frontend-alias", "media-scaler-workers", "media-scaler-minute", "media-repair-minute"],
      ]);
    });
  });

  describe("API", () => {
    it("requires IAM authorization by default, logs and throttles", async () => {
      const { named } = await build();
      expect(named("media-api-route").inputs).to.deep.include({ routeKey: "$default", authorizationType: "AWS_IAM" });
      const stage = named("media-api-stage").inputs;
      expect(stage.defaultRouteSettings).to.deep.equal({ throttlingBurstLimit: 1_000, throttlingRateLimit: 500 });
      expect(stage.accessLogSettings).to.include.keys("destinationArn", "format");
    });

    it("outputs its id and its stage, and has the caller in its access log, by signature or token", async () => {
      const { named, result } = await build();
      const told = pulumi.output({ apiId: result.apiId, stage: result.stage });
      expect(await new Promise((resolve) => told.apply(resolve))).to.deep.equal({
        apiId: "media-api-http-id",
        stage: "$default",
      });
      const fieldsOf = (settings: unknown) => JSON.parse((settings as { format: string }).format) as object;
      expect(fieldsOf(named("media-api-stage").inputs.accessLogSettings)).to.include({
        caller: "$context.identity.userArn",
      });
      const withTokens = await build({ jwt: { issuer: "https://issuer.example.com", audiences: ["jobs"] } });
      expect(fieldsOf(withTokens.named("media-api-stage").inputs.accessLogSettings)).to.include({
        issuer: "$context.authorizer.claims.iss",
        subject: "$context.authorizer.claims.sub",
      });
    });

    it("allows pages of other origins if configured, and answers their preflight requests without authorization", async () => {
      const cors = { allowOrigins: ["https://app.example.com"], allowHeaders: ["x-request-id"], maxAge: 600 };
      const cases: Partial<BatchJobProcessorArgs>[] = [
        {},
        { jwt: { issuer: "https://issuer.example", audiences: ["jobs"] } },
        { authorization: "none" },
      ];
      for (const args of cases) {
        const { named, ofType } = await build({ ...args, cors });
        expect(named("media-api-http").inputs.corsConfiguration).to.deep.equal({
          allowOrigins: ["https://app.example.com"],
          allowMethods: ["GET", "HEAD", "POST", "DELETE"],
          allowHeaders: [
            ...["authorization", "content-type", "idempotency-key", "if-none-match", "traceparent"],
            ...["x-amz-content-sha256", "x-amz-date", "x-amz-security-token", "x-request-id"],
          ],
          exposeHeaders: ["allow", "etag", "location", "retry-after"],
          maxAge: 600,
        });
        const preflights = ofType("apigatewayv2/route:Route").filter(({ name }) => name.endsWith("preflight"));
        const asksNobody = args.authorization === "none";
        expect(preflights.map(({ inputs }) => [inputs.routeKey, inputs.authorizationType])).to.deep.equal(
          asksNobody ? [] : [["OPTIONS /{proxy+}", "NONE"]],
        );
      }
      const without = await build();
      expect(without.named("media-api-http").inputs).to.not.have.property("corsConfiguration");
      expect(without.ofType("apigatewayv2/route:Route")).to.have.length(1 + Object.keys(routes).length);
    });

    it("requires of tokens, route by route, the scope of what it does", async () => {
      const jwt = { issuer: "https://issuer.example", audiences: ["jobs"] };
      const all = { submit: "s", read: "r", operate: "o" };
      const token = (scope?: string) => ({ type: "JWT", scopes: scope === undefined ? undefined : [scope] });
      const signature = { type: "AWS_IAM", scopes: undefined };
      const cases = [
        [{}, { submit: token(), read: token(), operate: signature }],
        [{ scopes: all }, { submit: token("s"), read: token("r"), operate: token("o") }],
        [{ scopes: { read: "r" } }, { submit: token(), read: token("r"), operate: signature }],
        [{ operators: ["alice"] }, { submit: token(), read: token(), operate: token() }],
      ] as const;
      for (const [more, expected] of cases) {
        const made = (await build({ jwt: { ...jwt, ...more } as JwtArgs })).ofType("apigatewayv2/route:Route");
        const byKey = new Map(made.map(({ inputs }) => [inputs.routeKey, inputs]));
        for (const { method, path, scope } of Object.values<Route>(routes)) {
          const { authorizationType: type, authorizationScopes: scopes } = byKey.get(`${method} ${path}`)!;
          expect({ type, scopes }, `${method} ${path} with ${JSON.stringify(more)}`).to.deep.equal(expected[scope]);
        }
        const { authorizationType, authorizationScopes } = byKey.get("$default")!;
        expect([authorizationType, authorizationScopes]).to.deep.equal(["JWT", undefined]);
      }
    });

    it("has its function leave out the queues if callers may be outside of the account", async () => {
      const variablesOf = async (args: Partial<BatchJobProcessorArgs>) => {
        const { environment } = (await build(args)).named("media-acts-operator-function").inputs;
        return (environment as { variables: Record<string, string> }).variables;
      };
      expect(await variablesOf({})).to.not.have.property("HIDE_QUEUES");
      expect(await variablesOf({ authorization: "none" })).to.include({ HIDE_QUEUES: "1" });
    });

    it("takes JWT or no authorization if configured", async () => {
      const jwt = await build({ jwt: { issuer: "https://issuer.example", audiences: ["jobs"] } });
      expect(jwt.named("media-api-route").inputs).to.include({
        authorizationType: "JWT",
        authorizerId: "media-api-authorizer-id",
      });
      expect(jwt.named("media-api-authorizer").inputs.jwtConfiguration).to.deep.equal({
        issuer: "https://issuer.example",
        audiences: ["jobs"],
      });
      const none = await build({ authorization: "none", throttling: { burstLimit: 5, rateLimit: 2 } });
      expect(none.named("media-api-route").inputs.authorizationType).to.equal("NONE");
      expect(none.named("media-api-stage").inputs.defaultRouteSettings).to.deep.equal({
        throttlingBurstLimit: 5,
        throttlingRateLimit: 2,
      });
    });
  });

  describe("tables", () => {
    it("are on demand and encrypted, and records expire", async () => {
      const { ofType, named } = await build();
      for (const { inputs } of ofType("dynamodb/table:Table")) {
        expect(inputs).to.deep.include({ billingMode: "PAY_PER_REQUEST", serverSideEncryption: { enabled: true } });
      }
      expect(named("media-tables-records").inputs.ttl).to.deep.equal({ attributeName: "expiresAt", enabled: true });
    });
  });

  it("works without job records if tracking is off: no table, no permission, SQS counts the attempts", async () => {
    const { ofType, named } = await build({ tracking: false });
    expect(ofType("dynamodb/table:Table").map(({ name }) => name)).to.deep.equal([
      "media-tables-types",
      "media-tables-unsent",
      "media-tables-fleets",
      "media-tables-control",
    ]);
    expect(JSON.parse(named("media-word-count-queue-jobs").inputs.redrivePolicy as string)).to.include({
      maxReceiveCount: 3,
    });
    expect(JSON.stringify(named("media-api-frontend-function").inputs.environment)).not.to.include("JOB_TABLE");
    expect(readEnvironment(userDataOf(named("media-word-count-fleet-template")))).not.to.have.property(
      "WORKER_JOB_TABLE",
    );
    const policies = ["media-api-frontend-policy", "media-word-count-fleet-policy"].map((name) =>
      statementsOf(named(name)),
    );
    expect(JSON.stringify(policies)).not.to.include("FollowRecords").and.not.to.include("SubmitRecords");
  });

  describe("fleet", () => {
    it("protects its instances, leaves desired capacity alone and pins its template", async () => {
      const { named } = await build();
      const group = named("media-word-count-fleet-group");
      expect(group.inputs).to.deep.include({
        minSize: 0,
        maxSize: 10,
        protectFromScaleIn: true,
        suspendedProcesses: ["AZRebalance"],
        capacityRebalance: false,
        vpcZoneIdentifiers: ["subnet-1", "subnet-2", "subnet-5"],
        launchTemplate: { id: "media-word-count-fleet-template-id", version: "3" },
      });
      expect(group.inputs).not.to.have.property("desiredCapacity");
      expect(group.options.ignoreChanges).to.include("desiredCapacity");
    });

    it("requires IMDSv2 and an encrypted disk, and allows no inbound traffic", async () => {
      const { named } = await build();
      const template = named("media-word-count-fleet-template").inputs;
      expect(template.metadataOptions).to.include({ httpTokens: "required", httpPutResponseHopLimit: 1 });
      expect(template.blockDeviceMappings).to.deep.equal([
        {
          deviceName: "/dev/xvda",
          ebs: { volumeSize: 30, volumeType: "gp3", encrypted: "true", deleteOnTermination: "true" },
        },
      ]);
      expect(named("media-network-workers").inputs).not.to.have.property("ingress");
    });

    it("passes each worker its queue, its table and the processor's settings", async () => {
      const { named } = await build({
        environment: { SHARED: "all", WINS: "no" },
        processors: [{ ...wordCount, slots: 3, timeoutSeconds: 60, maxAttempts: 2, environment: { WINS: "yes" } }],
      });
      expect(readEnvironment(userDataOf(named("media-word-count-fleet-template")))).to.include({
        AWS_REGION: "us-east-1",
        SHARED: "all",
        WINS: "yes",
        WORKER_ACKNOWLEDGE: "after",
        WORKER_BACKOFF_SECONDS: "2",
        WORKER_DEAD_LETTER_QUEUE_URL:
          "https://sqs.us-east-1.amazonaws.com/123456789012/media-word-count-queue-dead-letters-1234567",
        WORKER_DRAIN_SECONDS: "90",
        WORKER_HANDLER: "word-count",
        WORKER_IDLE_SECONDS: "20",
        WORKER_LAUNCH_HOOK: "worker-ready",
        WORKER_TERMINATE_HOOK: "worker-drained",
        WORKER_JOB_TABLE: "media-tables-records-1234567",
        WORKER_MAX_ATTEMPTS: "2",
        WORKER_MAX_BACKOFF_SECONDS: "900",
        WORKER_PREFETCH: "0",
        WORKER_QUEUE_URL: "https://sqs.us-east-1.amazonaws.com/123456789012/media-word-count-queue-jobs-1234567",
        WORKER_SLOTS: "3",
        WORKER_TIMEOUT_SECONDS: "60",
        WORKER_TYPE: "word-count",
        WORKER_VISIBILITY_TIMEOUT_SECONDS: "60",
      });
    });

    it("has the policy statements that the user adds, for all processors and for one", async () => {
      const { named } = await build({
        policyStatements: [{ Action: ["s3:GetObject"], Resource: "arn:aws:s3:::data/*" }],
        processors: [
          { ...wordCount, policyStatements: [{ Action: ["s3:PutObject"], Resource: ["arn:aws:s3:::out/*"] }] },
        ],
      });
      const actions = statementsOf(named("media-word-count-fleet-policy")).flatMap(({ Action }) => Action);
      expect(actions.slice(-2)).to.deep.equal(["s3:GetObject", "s3:PutObject"]);
    });

    it("shows its tags in metadata, unless a key would fail the launch", async () => {
      const tagged = async (tags: Record<string, string>) => {
        const { named } = await build({ tags });
        const { instanceMetadataTags } = named("media-word-count-fleet-template").inputs.metadataOptions as {
          instanceMetadataTags: string;
        };
        const actions = statementsOf(named("media-word-count-fleet-policy")).flatMap(({ Action }) => Action);
        return [instanceMetadataTags, actions.includes("autoscaling:DescribeAutoScalingInstances")];
      };
      expect(await tagged({ "team:name": "media" })).to.deep.equal(["enabled", false]);
      expect(await tagged({ "Cost Center": "1" })).to.deep.equal(["disabled", true]);
    });

    it("takes each of the processor's options", async () => {
      const { named } = await build({
        processors: [
          {
            ...wordCount,
            instanceTypes: ["m7i.large"],
            minInstances: 0,
            maxInstances: 3,
            rootVolumeGb: 50,
            image: "registry.example/worker:1",
          },
        ],
      });
      expect(named("media-word-count-fleet-group").inputs).to.include({ minSize: 0, maxSize: 3 });
      expect(named("media-word-count-queue-jobs").inputs.visibilityTimeoutSeconds).to.equal(60);
      const template = named("media-word-count-fleet-template");
      expect(template.inputs.instanceType).to.equal("m7i.large");
      expect(JSON.stringify(template.inputs.blockDeviceMappings)).to.include('"volumeSize":50');
      expect(userDataOf(template)).to.include("'registry.example/worker:1'");
    });

    it("builds no image and no network where both are given", async () => {
      const { resources, named } = await build({
        image: "registry.example/worker:1",
        network: { vpcId: "vpc-9", subnetIds: ["subnet-9"] },
      });
      expect(resources.filter(({ type }) => type.startsWith("awsx:"))).to.deep.equal([]);
      expect(named("media-word-count-fleet-group").inputs.vpcZoneIdentifiers).to.deep.equal(["subnet-9"]);
    });

    it("builds one image for each architecture in use, in a network without NAT", async () => {
      const { ofType } = await build({
        processors: [wordCount, checksum, { ...checksum, name: "other", instanceTypes: ["c7i.large"] }],
      });
      expect(ofType("awsx:ecr:Image").map(({ inputs }) => inputs.platform)).to.have.members([
        "linux/arm64",
        "linux/amd64",
      ]);
      // awsx names resources by the tags, so that they are unique in a stack.
      expect(ofType("awsx:ecr:Image").map(({ inputs }) => inputs.imageTag)).to.have.members([
        "media-image-arm64",
        "media-image-x86-64",
      ]);
      expect(ofType("awsx:ec2:Vpc")[0]!.inputs).to.deep.include({ natGateways: { strategy: "None" } });
    });
  });

  it("is the same whatever the order of its processors", async () => {
    const shape = ({ resources }: { resources: RecordedResource[] }) => resources.map(({ urn }) => urn).sort();
    expect(shape(await build({ processors: [checksum, wordCount] }))).to.deep.equal(shape(await build()));
  });

  it("changes only a type's own resources when the type is added", async () => {
    const print = (resources: RecordedResource[]) =>
      new Map(resources.map(({ urn, inputs }) => [urn, JSON.stringify(inputs)]));
    const before = print((await build({ processors: [wordCount] })).resources);
    const after = print((await build()).resources);
    const changed = [...after]
      .filter(([urn, inputs]) => before.get(urn) !== inputs)
      .map(([urn]) => urn.split("::").pop()!);
    expect(changed.filter((name) => !name.startsWith("media-checksum-"))).to.deep.equal([]);
    expect(changed).not.to.be.empty;
  });

  it("comes up under mocks that only echo their inputs, with the same resources", async () => {
    const program = () => new BatchJobProcessor("media", { processors: [wordCount, checksum] });
    const naive = await record(program, "naive");
    const helpful = await record(program);
    expect(naive.resources.map(({ urn }) => urn).sort()).to.deep.equal(helpful.resources.map(({ urn }) => urn).sort());
  });

  it("outputs what a program needs", async () => {
    const { result } = await build();
    const value = <T>(output: pulumi.Output<T>) => new Promise<T>((resolve) => output.apply(resolve));
    expect(await value(result.url)).to.match(/^https:/);
    expect(Object.keys(await value(result.queueUrls))).to.deep.equal(["word-count", "checksum"]);
    expect(Object.keys(await value(result.deadLetterQueueUrls))).to.deep.equal(["word-count", "checksum"]);
    expect(await value(result.groupNames)).to.include.keys("word-count");
    expect(await value(result.topicArn)).to.include("media-router-topic");
  });
});

const taggable =
  /^aws:(sqs\/queue:|sns\/topic:|scheduler\/scheduleGroup:|lambda\/function:|dynamodb\/table:|iam\/role:|iam\/instanceProfile|cloudwatch\/logGroup|ec2\/|autoscaling\/group|apigatewayv2\/(api|stage))|^awsx:(ec2|ecr:Repository)/;

function hasTag(tags: unknown): boolean {
  return JSON.stringify(tags ?? {}).includes('"media"');
}
