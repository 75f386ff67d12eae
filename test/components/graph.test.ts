import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { BatchJobProcessor, type BatchJobProcessorArgs } from "../../components";
import { patternReasons, wildcardReasons } from "../../components/aws/permissionReasons";
import { packageRoot } from "../../contract/packageRoot";
import { record, type RecordedResource, type Recording } from "../support/record";

const wordCount = { name: "word-count", handler: "word-count" };
const inline = { name: "inline", handle: () => Promise.resolve(1) };
const nightly = { name: "nightly", expression: "cron(0 3 * * ? *)" };

const kmsKey = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-1234-1234-123456789012";

/** Each configuration has every resource that the component can make somewhere, and every shape of it. */
const configurations: Record<string, Partial<BatchJobProcessorArgs>> = {
  "by default": { processors: [wordCount] },
  "with everything on": {
    processors: [
      { ...wordCount, spot: true, schedules: [nightly], minInstances: 1, capacitySchedule: [peak()] },
      inline,
      { name: "transcode", command: ["transcode"], instanceTypes: ["c7i.large"] },
    ],
    events: true,
    sessionManager: true,
    pointInTimeRecovery: true,
    network: { privateWorkers: true, egress: "aws", flowLogs: true },
    kmsKey,
    cors: { allowOrigins: ["https://app.example.com"] },
    frontend: { provisionedConcurrency: 1 },
    router: { provisionedConcurrency: 1 },
    tags: { "Cost Center": "1" },
  },
  "without records": { processors: [wordCount], tracking: false },
  "with private workers": { processors: [wordCount], network: { privateWorkers: true } },
  "with private workers that have secrets": {
    processors: [{ ...wordCount, secrets: { A: "arn:aws:ssm:us-east-1:123456789012:parameter/a" } }],
    secrets: { B: "arn:aws:secretsmanager:us-east-1:123456789012:secret:a-AbCdEf" },
    network: { privateWorkers: true },
  },
  "on spot instances": { processors: [{ ...wordCount, spot: true }] },
  "with inline handlers": { processors: [inline] },
  "for tokens": { jwt: { issuer: "https://issuer.example", audiences: ["jobs"] } },
  "in a given network": {
    network: { vpcId: "vpc-9", subnetIds: ["subnet-9"], securityGroupIds: ["sg-9"], egress: "aws" },
    image: "registry.example/worker:1",
  },
};

function peak() {
  return { recurrence: "0 8 * * *", minInstances: 1 };
}

interface Statement {
  Sid: string;
  Effect: string;
  Action: string | string[];
  Resource: string | string[];
  Principal?: unknown;
  Condition?: Record<string, Record<string, unknown>>;
}

const listOf = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);
const statementsIn = (text: unknown) => (JSON.parse(text as string) as { Statement: Statement[] }).Statement;

const prices = JSON.parse(readFileSync(join(packageRoot(), "tools", "documents", "idlePrices.json"), "utf8")) as {
  types: Record<string, { monthlyUsd: number }>;
};

/** Resources that cost money while idle, by the input that asks for them. */
const billedIdle: Record<string, (resource: RecordedResource, args: Partial<BatchJobProcessorArgs>) => boolean> = {
  "aws:autoscaling/group:Group": ({ inputs }) => inputs.minSize === 0,
  "aws:ec2/vpcEndpoint:VpcEndpoint": (_resource, { network }) => network?.privateWorkers === true,
  "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig": (_resource, args) =>
    (args.frontend?.provisionedConcurrency ?? args.router?.provisionedConcurrency) !== undefined,
  "awsx:ec2:Vpc": ({ inputs }) => JSON.stringify(inputs.natGateways) === '{"strategy":"None"}',
};

for (const [name, args] of Object.entries(configurations)) {
  describe(`the resources ${name}`, () => {
    const { stackTraceLimit } = Error;
    let graph: Recording<BatchJobProcessor>;
    before(async () => {
      Error.stackTraceLimit = 1;
      graph = await record(() => new BatchJobProcessor("media", { processors: [wordCount], ...args }));
    });
    after(() => (Error.stackTraceLimit = stackTraceLimit));
    const each = (type: string, check: (resource: RecordedResource) => void, least = 1) => {
      const found = graph.ofType(type);
      expect(found.length, type).to.be.at.least(least);
      found.forEach(check);
    };

    it("allow exact actions on exact resources, but for those with a written reason", () => {
      each("iam/rolePolicy:RolePolicy", ({ name, inputs }) => {
        for (const statement of statementsIn(inputs.policy)) {
          expect(Object.keys(statement), name).to.not.include.members(["NotAction"]);
          expect(Object.keys(statement), name).to.not.include.members(["NotResource"]);
          const patterns = listOf(statement.Resource).filter((resource) => /[*?]/.test(resource));
          if (patterns.some((pattern) => pattern !== "*")) {
            expect(patternReasons, `${name} ${patterns.join(" ")}`).to.have.property(statement.Sid);
          }
          for (const action of listOf(statement.Action)) {
            expect(action, name).to.match(/^[a-z0-9-]+:[A-Za-z]+$/);
            if (patterns.includes("*")) expect(wildcardReasons, name).to.have.property(action);
          }
        }
      });
    });

    it("give private workers an endpoint for each service that their roles may call", () => {
      const endpoints = graph.ofType("ec2/vpcEndpoint:VpcEndpoint").map(({ inputs }) => String(inputs.serviceName));
      if (endpoints.length === 0) return expect(args.network?.privateWorkers).to.not.equal(true);
      const reached = new Set(endpoints.map((name) => name.split(".")[3]!));
      const isOfWorkers = ({ inputs }: RecordedResource) => {
        const { Principal } = statementsIn(inputs.assumeRolePolicy)[0]!;
        return (Principal as { Service: string }).Service === "ec2.amazonaws.com";
      };
      const roles = graph.ofType("iam/role:Role").filter(isOfWorkers);
      expect(roles).to.not.deep.equal([]);
      for (const { name } of roles) {
        const policies = graph
          .ofType("iam/rolePolicy:RolePolicy")
          .filter(({ inputs }) => String(inputs.role).startsWith(`${name}-`));
        expect(policies, name).to.not.deep.equal([]);
        const actions = policies.flatMap(({ inputs }) =>
          statementsIn(inputs.policy)
            // Those services call KMS themselves.
            .filter(({ Condition }) => !Condition?.StringEquals?.["kms:ViaService"])
            .flatMap(({ Action }) => Action),
        );
        const services = new Set(actions.map((action) => action.split(":")[0]!));
        expect(
          [...services].filter((service) => !reached.has(service)),
          name,
        ).to.deep.equal([]);
      }
    });

    it("restrict the wildcard for groups to this deployment's tag", () => {
      for (const { name, inputs } of graph.ofType("iam/rolePolicy:RolePolicy")) {
        for (const { Resource, Condition } of statementsIn(inputs.policy)) {
          if (!/autoScalingGroupName\/\*/.test(String(Resource))) continue;
          const tags = Object.keys(Condition?.StringLike ?? {}).filter((key) =>
            key.startsWith("autoscaling:ResourceTag/"),
          );
          expect(tags, name).to.have.length(1);
        }
      }
    });

    it("have roles of one service each, and no policies beside their own", () => {
      each("iam/role:Role", ({ name, inputs }) => {
        const [trust, ...others] = statementsIn(inputs.assumeRolePolicy);
        expect(others, name).to.deep.equal([]);
        expect((trust!.Principal as { Service: unknown }).Service, name).to.match(
          /^(lambda|ec2|scheduler|vpc-flow-logs)\.amazonaws\.com$/,
        );
        // Services that act for every account that asks serve this one alone.
        const serves = /scheduler|flow-logs/.test(JSON.stringify(trust!.Principal));
        expect(trust!.Condition, name).to.deep.equal(
          serves ? { StringEquals: { "aws:SourceAccount": "123456789012" } } : undefined,
        );
        expect(inputs, name).to.not.have.any.keys("managedPolicyArns", "inlinePolicies");
      });
      expect(graph.ofType("iam/rolePolicyAttachment:RolePolicyAttachment")).to.deep.equal([]);
      expect(graph.ofType("iam/policy:Policy")).to.deep.equal([]);
    });

    it("let only named principals use a queue, topic or bucket, and only over TLS", () => {
      const owners: Record<string, [policy: string, key: string]> = {
        "sqs/queue:Queue": ["sqs/queuePolicy:QueuePolicy", "queueUrl"],
        "sns/topic:Topic": ["sns/topicPolicy:TopicPolicy", "arn"],
        "s3/bucket:Bucket": ["s3/bucketPolicy:BucketPolicy", "bucket"],
      };
      for (const [type, [policyType, key]] of Object.entries(owners)) {
        const policies = graph.ofType(policyType);
        expect(policies.length, type).to.equal(graph.ofType(type).length);
        expect(new Set(policies.map(({ inputs }) => inputs[key])).size, type).to.equal(policies.length);
        for (const { name, inputs } of policies) {
          const [deny, ...others] = statementsIn(inputs.policy);
          expect(deny, name).to.deep.include({ Effect: "Deny", Principal: "*" });
          expect(deny!.Condition, name).to.deep.equal({ Bool: { "aws:SecureTransport": "false" } });
          for (const { Effect, Principal, Condition, Action } of others) {
            expect(Effect, name).to.equal("Allow");
            expect(JSON.stringify([Principal, Action]), name).to.not.include("*");
            if (typeof Principal === "object" && Principal !== null && "Service" in Principal) {
              expect(Condition, name).to.have.nested.property("ArnEquals.aws:SourceArn");
            }
          }
        }
      }
    });

    it("let functions be called on behalf of one source only", () => {
      each("lambda/permission:Permission", ({ name, inputs }) => {
        expect(inputs.sourceArn, name).to.be.a("string").and.match(/^arn:/);
        expect(inputs.principal, name).to.match(/^(apigateway|events|sns)\.amazonaws\.com$/);
      });
    });

    it("encrypt what they keep", () => {
      each("sqs/queue:Queue", ({ name, inputs }) => {
        expect(inputs.sqsManagedSseEnabled, name).to.equal(args.kmsKey ? undefined : true);
        expect(inputs.kmsMasterKeyId, name).to.equal(args.kmsKey);
      });
      each("sns/topic:Topic", ({ name, inputs }) => expect(inputs.kmsMasterKeyId, name).to.equal(args.kmsKey));
      each("cloudwatch/logGroup:LogGroup", ({ name, inputs }) => expect(inputs.kmsKeyId, name).to.equal(args.kmsKey));
      const sse = args.kmsKey ? { enabled: true, kmsKeyArn: args.kmsKey } : { enabled: true };
      each("dynamodb/table:Table", ({ name, inputs }) => expect(inputs.serverSideEncryption, name).to.deep.equal(sse));
      const buckets = graph.ofType("s3/bucket:Bucket");
      const encrypted = graph.ofType(
        "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
      );
      expect(encrypted).to.have.length(buckets.length);
      each("ec2/launchTemplate:LaunchTemplate", ({ name, inputs }) => {
        const disks = inputs.blockDeviceMappings as { ebs: { encrypted: string; kmsKeyId?: string } }[];
        expect(
          disks.map(({ ebs }) => ebs.kmsKeyId),
          name,
        ).to.deep.equal([args.kmsKey]);
        expect(
          disks.map(({ ebs }) => ebs.encrypted),
          name,
        ).to.deep.equal(["true"]);
      });
    });

    it("let each role use the key only through the services that it calls, and no other role", () => {
      const calls: Record<string, Set<string>> = {};
      const keys: Record<string, Statement[]> = {};
      const note = (role: string, actions: string[]) => {
        calls[role] ??= new Set();
        actions.forEach((action) => calls[role]!.add(action));
      };
      for (const { inputs } of graph.ofType("iam/rolePolicy:RolePolicy")) {
        for (const statement of statementsIn(inputs.policy)) {
          if (statement.Sid === "UseKey") (keys[String(inputs.role)] ??= []).push(statement);
          else note(String(inputs.role), listOf(statement.Action));
        }
      }
      // What queues let roles do, without a statement of their own.
      for (const { inputs } of graph.ofType("sqs/queuePolicy:QueuePolicy")) {
        for (const { Principal, Action } of statementsIn(inputs.policy)) {
          const arn = (Principal as { AWS?: string }).AWS;
          const role = arn && graph.ofType("iam/role:Role").find(({ name }) => arn.endsWith(`:${name}`));
          if (role) note(`${role.name}-1234567`, listOf(Action));
        }
      }
      const needed = (role: string) => {
        const of = [...calls[role]!];
        const writes = of.some((action) => ["sqs:SendMessage", "sns:Publish", "s3:PutObject"].includes(action));
        const reads = of.some((action) => /^(dynamodb:|sqs:ReceiveMessage|s3:GetObject)/.test(action));
        return [...(writes || reads ? ["kms:Decrypt"] : []), ...(writes ? ["kms:GenerateDataKey"] : [])];
      };
      for (const role of Object.keys(calls)) {
        const [use, ...others] = keys[role] ?? [];
        expect(others, role).to.deep.equal([]);
        expect(use ? listOf(use.Action) : [], role).to.deep.equal(args.kmsKey ? needed(role) : []);
        if (!use) continue;
        expect(use.Resource, role).to.equal(args.kmsKey);
        const via = listOf(use.Condition!.StringEquals!["kms:ViaService"] as string | string[]);
        for (const service of via) expect(service, role).to.match(/^(dynamodb|s3|sns|sqs)\.us-east-1\.amazonaws\.com$/);
      }
    });

    it("block public access to buckets", () => {
      const all = {
        blockPublicAcls: true,
        blockPublicPolicy: true,
        ignorePublicAcls: true,
        restrictPublicBuckets: true,
      };
      const blocks = graph.ofType("s3/bucketPublicAccessBlock:BucketPublicAccessBlock");
      expect(blocks).to.have.length(graph.ofType("s3/bucket:Bucket").length);
      for (const { inputs } of blocks) expect(inputs).to.deep.include(all);
    });

    it("allow no inbound traffic to instances, and require IMDSv2", () => {
      each("ec2/launchTemplate:LaunchTemplate", ({ name, inputs }) => {
        expect(inputs.metadataOptions, name).to.deep.include({ httpTokens: "required", httpPutResponseHopLimit: 1 });
        const [card] = inputs.networkInterfaces as { securityGroups: string[] }[];
        expect(card!.securityGroups, name).to.deep.equal([
          graph.named("media-network-workers").urn.split("::").pop() + "-id",
          ...((args.network?.securityGroupIds ?? []) as string[]),
        ]);
      });
      each("ec2/securityGroup:SecurityGroup", ({ name, inputs }) => {
        for (const rule of (inputs.ingress ?? []) as Record<string, unknown>[]) {
          expect(name).to.equal("media-network-endpoints");
          expect(rule).to.include({ fromPort: 443, toPort: 443, protocol: "tcp" });
          expect(rule).to.not.have.any.keys("cidrBlocks", "ipv6CidrBlocks", "prefixListIds", "self");
          expect(rule.securityGroups).to.have.length(1);
        }
      });
      expect(graph.resources.filter(({ type }) => /IngressRule|SecurityGroupRule/.test(type))).to.deep.equal([]);
      expect(graph.ofType("ec2/defaultSecurityGroup:DefaultSecurityGroup")).to.have.length(
        args.network?.vpcId === undefined ? 1 : 0,
      );
    });

    it("keep logs for a limited time", () => {
      each("cloudwatch/logGroup:LogGroup", ({ name, inputs }) =>
        expect(inputs.retentionInDays, name).to.be.a("number").and.be.greaterThan(0),
      );
      each("lambda/function:Function", ({ name, inputs }) =>
        expect(inputs.loggingConfig, name).to.have.property("logGroup"),
      );
    });

    it("require authorization of the API's callers", () => {
      // Without scopes or operators for tokens, operators sign their calls.
      const authorizations = args.jwt ? ["JWT", "AWS_IAM"] : ["AWS_IAM"];
      // A browser sends no credentials with the request by which it asks what a page may send.
      each("apigatewayv2/route:Route", ({ name, inputs }) =>
        expect(inputs.authorizationType, name).to.be.oneOf(
          (inputs.routeKey as string).startsWith("OPTIONS") ? ["NONE"] : authorizations,
        ),
      );
      const open = graph.resources.filter(({ inputs }) => inputs.authorizationType === "NONE");
      expect(open.map(({ inputs }) => inputs.routeKey)).to.deep.equal(args.cors ? ["OPTIONS /{proxy+}"] : []);
    });

    it("cost nothing when idle, but for what was asked for", () => {
      const made = graph.resources.filter(
        ({ custom, type }) => (custom || type.startsWith("awsx:")) && !/^pulumi:/.test(type),
      );
      for (const resource of made) {
        const { type, name, inputs } = resource;
        expect(prices.types, type).to.have.property(type);
        const wasAsked = args.processors?.some(({ minInstances }) => minInstances) && inputs.minSize === 1;
        if (prices.types[type]!.monthlyUsd === 0 || wasAsked) continue;
        expect(billedIdle, type).to.have.property(type);
        expect(billedIdle[type]!(resource, args), name).to.equal(true);
      }
    });
  });
}
