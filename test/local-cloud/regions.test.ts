import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { PublishCommand, SNSClient } from "@aws-sdk/client-sns";
import { ListQueuesCommand, SQSClient } from "@aws-sdk/client-sqs";
import * as aws from "@pulumi/aws";
import * as awsx from "@pulumi/awsx";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import type { LocalCloud } from "../../local-cloud/cloud";
import { signCall } from "../../local-cloud/wire/signatures/signCall";
import { codeFunction, letInvoke, trustIn } from "./programs";
import { controlHeaders, rejection, startTestCloud, type TestCloud, until } from "./support";

/** Deploys the same resources twice, by the same names, under the default provider and under one of another region. */
const twice = (build: (opts: pulumi.InvokeOptions & { parent?: pulumi.Resource }) => object) => () => {
  const provider = new aws.Provider("west", { region: "us-west-2" });
  const stand = (name: string, opts: pulumi.ComponentResourceOptions) => {
    const parent = new pulumi.ComponentResource(`test:index:${name}`, name, {}, opts);
    return build({ parent });
  };
  return { east: stand("East", {}), west: stand("West", { provider }) };
};

interface Both {
  east: Record<string, string>;
  west: Record<string, string>;
}

describe("regions of a local cloud", () => {
  let test: TestCloud;
  let west: LocalCloud;
  beforeEach(async () => {
    test = await startTestCloud();
  });
  afterEach(() => test.stop());

  const up = async (build: Parameters<typeof twice>[0]): Promise<Both> => {
    const outputs = (await test.up(twice(build))) as unknown as Both;
    west = await test.cloud.inRegion("us-west-2");
    return outputs;
  };
  const settings = (region: string) => {
    const { endpoint, credentials } = test.cloud;
    return { endpoint, region, credentials, maxAttempts: 1 };
  };

  it("add no listener for the end of the process, however many they are", async () => {
    const api = (name: string) => () => void new aws.apigatewayv2.Api(name, { protocolType: "HTTP" });
    await test.up(api("one"));
    const listeners = process.listenerCount("exit");
    await Promise.all(["us-west-1", "us-west-2", "eu-west-1", "eu-west-2"].map(test.cloud.inRegion));
    await test.update(api("other"));
    expect(process.listenerCount("exit")).to.equal(listeners);
  });

  it("hold what is made there, under the same names as elsewhere, which roles and buckets don't share", async () => {
    const { east, west: made } = await up((opts) => {
      const { region, id } = aws.getRegionOutput({}, opts);
      const role = new aws.iam.Role("role", { assumeRolePolicy: trustIn("lambda") }, opts);
      return {
        ...{ region, id, role: role.arn },
        queue: new aws.sqs.Queue("queue", { name: "queue" }, opts).arn,
        topic: new aws.sns.Topic("topic", { name: "topic" }, opts).arn,
        table: new aws.dynamodb.Table(
          "table",
          { name: "table", hashKey: "id", attributes: [{ name: "id", type: "S" }] },
          opts,
        ).arn,
        bucket: new aws.s3.Bucket("bucket", {}, opts).bucket,
        api: new aws.apigatewayv2.Api("api", { protocolType: "HTTP" }, opts).executionArn,
        logs: new aws.cloudwatch.LogGroup("logs", { name: "logs" }, opts).arn,
        secret: new aws.secretsmanager.Secret("secret", { name: "secret" }, opts).arn,
        parameter: new aws.ssm.Parameter("p", { name: "p", type: "String", value: "v" }, opts).arn,
        group: new aws.scheduler.ScheduleGroup("group", { name: "group" }, opts).arn,
        rule: new aws.cloudwatch.EventRule("rule", { name: "rule", scheduleExpression: "rate(1 hour)" }, opts).arn,
      };
    });
    const inWest = (arn: string) => arn.replace("us-east-1", "us-west-2");
    for (const name of ["id", "region", "queue", "topic", "table", "logs", "parameter", "group", "rule"]) {
      expect(east[name], name).to.include("us-east-1");
      expect(made[name], name).to.equal(inWest(east[name]!));
    }
    for (const name of ["api", "secret"]) expect(made[name], name).to.include(":us-west-2:");
    for (const name of ["role", "bucket"]) expect(made[name], name).not.to.equal(east[name]).and.not.include("us-");
    expect(test.cloud.iam.roles.list()).to.have.length(2);
    expect(test.cloud.regions()).to.deep.equal([test.cloud, west]);
    expect((await west.calls.dynamodb<{ TableNames: string[] }>("ListTables", {})).TableNames).to.deep.equal(["table"]);
    expect((await test.dynamodb.send(new ListTablesCommand({}))).TableNames).to.deep.equal(["table"]);
  });

  it("are told by resources of their own, by their functions, and by the region that a call is signed for", async () => {
    const { url, other, zone } = await test.up(() => ({
      url: new aws.sqs.Queue("queue", { region: "us-west-2" }).url,
      other: new aws.sqs.Queue("other").url,
      zone: aws.getAvailabilityZonesOutput({ region: "us-west-2" }).names[0],
    }));
    expect(zone).to.equal("us-west-2a");
    const [east, west, north] = ["us-east-1", "us-west-2", "eu-north-1"].map((name) => new SQSClient(settings(name)));
    expect((await west!.send(new ListQueuesCommand({}))).QueueUrls).to.deep.equal([url]);
    expect((await east!.send(new ListQueuesCommand({}))).QueueUrls).to.deep.equal([other]);
    expect((await rejection(north!.send(new ListQueuesCommand({})))).message).to.equal(
      "Credential should be scoped to a valid region: the local cloud has us-east-1, us-west-2, got eu-north-1",
    );
  });

  it("run their functions for themselves", async () => {
    const { west: made } = await up((opts) => {
      const code = `exports.handler = async ({ Records }) => console.log(Records[0].Sns.Message, process.env.AWS_REGION);`;
      const topic = new aws.sns.Topic("topic", { name: "topic" }, opts);
      const fn = codeFunction("print", code, { name: "print" }, opts);
      const permission = letInvoke("print", fn, "sns", topic.arn, opts);
      const args = { topic: topic.arn, protocol: "lambda", endpoint: fn.arn };
      new aws.sns.TopicSubscription("print", args, { ...opts, dependsOn: permission });
      return { topic: topic.arn };
    });
    const sns = new SNSClient(settings("us-west-2"));
    await sns.send(new PublishCommand({ TopicArn: made.topic, Message: "hello" }));
    await until(() => test.logs.some(({ line }) => line.includes("hello us-west-2")));
    expect(test.logs.some(({ line }) => line.includes("us-east-1"))).to.equal(false);
    expect(west.logs.lines()).not.to.deep.equal([]);
    expect(test.cloud.logs.lines()).to.deep.equal([]);
  });

  it("own the names of buckets in common", async () => {
    const { west: made } = await up((opts) => ({ bucket: new aws.s3.Bucket("bucket", {}, opts).bucket }));
    const Bucket = made.bucket!;
    const put = new PutObjectCommand({ Bucket, Key: "k", Body: "1" });
    const [east, west] = ["us-east-1", "us-west-2"].map((name) => {
      return new S3Client({ ...settings(name), forcePathStyle: true, followRegionRedirects: false });
    });
    await west!.send(put);
    expect(await rejection(east!.send(put))).to.deep.include({
      name: "AuthorizationHeaderMalformed",
      message: "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'us-west-2'",
    });
    const taken = await rejection(east!.send(new CreateBucketCommand({ Bucket })));
    expect(taken.name).to.equal("BucketAlreadyOwnedByYou");
  });

  it("have secrets of their own, of which a run says what all of them miss", async () => {
    await test.stop();
    test = await startTestCloud({ secrets: { GIVEN: "1", UNUSED: "2" } });
    const { secrets } = await test.cloud.inRegion("us-west-2");
    const arn = (name: string) => `arn:aws:ssm:us-west-2:000000000000:parameter/${name}`;
    secrets.note(JSON.stringify({ GIVEN: arn("given"), MISSING: arn("missing") }));
    await test.up(() => ({}));
    expect(test.logs.map(({ line }) => line)).to.deep.equal([
      "MISSING has no value, so its workers can't start: add it",
      "no processor has UNUSED among its secrets",
    ]);
  });

  it("take only requests to their APIs that are signed for them", async () => {
    await test.stop();
    test = await startTestCloud({ enforceAuth: true });
    const { west: made } = await up((opts) => {
      const fn = codeFunction("answer", `exports.handler = async () => "";`, {}, opts);
      const api = new aws.apigatewayv2.Api("api", { protocolType: "HTTP" }, opts);
      const args = { apiId: api.id, integrationType: "AWS_PROXY", integrationUri: fn.arn };
      const target = pulumi.interpolate`integrations/${new aws.apigatewayv2.Integration("fn", args, opts).id}`;
      const route = { apiId: api.id, routeKey: "GET /", target, authorizationType: "AWS_IAM" };
      new aws.apigatewayv2.Route("get", route, opts);
      letInvoke("api", fn, "apigateway", pulumi.interpolate`${api.executionArn}/*`, opts);
      return { url: api.apiEndpoint };
    });
    const statuses = ["us-east-1", "us-west-2"].map(async (region) => {
      const { credentials } = test.cloud;
      const request = { service: "execute-api", region, method: "GET", path: "/", address: made.url!, headers: {} };
      const headers = await signCall({ ...request, body: "" }, credentials);
      return (await fetch(made.url!, { headers })).status;
    });
    expect(await Promise.all(statuses)).to.deep.equal([403, 200]);
  });

  it("give up what the program moves to another one", async () => {
    const program = (region: "us-west-2" | "eu-north-1") => () => {
      const provider = new aws.Provider("own", { region });
      const parent = new pulumi.ComponentResource("test:index:Own", "own", {}, { provider });
      return { url: new aws.sqs.Queue("queue", {}, { parent }).url, stays: new aws.sqs.Queue("stays").url };
    };
    const first = await test.up(program("us-west-2"));
    expect((await test.update(program("us-west-2"))).url).to.equal(first.url);
    await test.update(program("eu-north-1"));
    const queues = test.cloud.regions().map(({ region, messaging }) => [region, messaging.queues().length]);
    expect(Object.fromEntries(queues)).to.deep.equal({ "us-east-1": 1, "us-west-2": 0, "eu-north-1": 1 });
  });

  it("build components of other packages by the provider that they are given", async () => {
    const { west: made } = await up((opts) => ({ url: new awsx.ecr.Repository("own", {}, opts).url }));
    expect(made.url).to.include(".us-west-2.");
  });
});

describe("a folder of data of several regions", () => {
  it("keeps each region's messages, tables and objects apart", async () => {
    const folder = mkdtempSync(join(tmpdir(), "regions-"));
    const data = { folder: join(folder, "data"), owner: "shop/dev" };
    const program = twice((opts) => {
      const attributes = [{ name: "id", type: "S" }];
      const table = new aws.dynamodb.Table("table", { name: "table", hashKey: "id", attributes }, opts);
      return { queue: new aws.sqs.Queue("queue", { name: "queue" }, opts).url, table: table.name };
    });
    try {
      for (const run of ["first", "second"]) {
        const test = await startTestCloud({ data });
        await test.up(program);
        const west = await test.cloud.inRegion("us-west-2");
        const TableName = "table";
        for (const { calls, region, messaging } of [test.cloud, west]) {
          if (run === "first") {
            await calls.sqs("SendMessage", { QueueUrl: "queue", MessageBody: region });
            await calls.dynamodb("PutItem", { TableName, Item: { id: { S: region } } });
          }
          expect(messaging.queue("queue")!.messages.map(({ body }) => body)).to.deep.equal([region]);
          const { Items } = await calls.dynamodb<{ Items: unknown[] }>("Scan", { TableName });
          expect(Items).to.deep.equal([{ id: { S: region } }]);
        }
        if (run === "second") expect(test.logs.some(({ line }) => line.startsWith("Resumed 2 messages"))).to.be.true;
        await test.stop();
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe("an outage of a region", () => {
  let test: TestCloud;
  let west: LocalCloud;
  let urls: Record<"east" | "west", string>;
  let topic: string;
  before(async () => {
    test = await startTestCloud();
    const outputs = (await test.up(
      twice((opts) => {
        const fn = codeFunction(
          "greet",
          `exports.handler = async (event) => console.log(JSON.stringify(event));`,
          {},
          opts,
        );
        const topic = new aws.sns.Topic("topic", {}, opts);
        const args = { topic: topic.arn, protocol: "lambda", endpoint: fn.arn };
        new aws.sns.TopicSubscription("sub", args, {
          ...opts,
          dependsOn: letInvoke("sns", fn, "sns", topic.arn, opts),
        });
        const api = new aws.apigatewayv2.Api("api", { protocolType: "HTTP" }, opts);
        const integration = new aws.apigatewayv2.Integration(
          "fn",
          { apiId: api.id, integrationType: "AWS_PROXY", integrationUri: fn.arn },
          opts,
        );
        const target = pulumi.interpolate`integrations/${integration.id}`;
        new aws.apigatewayv2.Route("any", { apiId: api.id, routeKey: "GET /", target }, opts);
        letInvoke("api", fn, "apigateway", pulumi.interpolate`${api.executionArn}/*`, opts);
        return { url: api.apiEndpoint, topic: topic.arn };
      }),
    )) as unknown as Both;
    west = await test.cloud.inRegion("us-west-2");
    urls = { east: outputs.east.url!, west: outputs.west.url! };
    topic = outputs.west.topic!;
  });
  afterEach(() => west.outage.end());
  after(() => test.stop());

  const control = async (method: string, path: string, body?: unknown, url = urls.west) => {
    const headers = {
      ...controlHeaders(test.cloud),
      ...(body !== undefined && { "content-type": "application/json" }),
    };
    const response = await fetch(`${url}/_local/${path}`, { method, headers, body: JSON.stringify(body) });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const status = async (url: string) => (await fetch(url)).status;

  it("refuses calls to its endpoint and its APIs, and to no others, until it is over", async () => {
    const path = "regions/us-west-2/outage";
    expect(await control("POST", path, { kind: "refuse" })).to.deep.equal({ status: 202, body: { kind: "refuse" } });
    expect((await control("GET", "regions", undefined, urls.east)).body.regions).to.deep.equal([
      { region: "us-east-1" },
      { region: "us-west-2", outage: { kind: "refuse" } },
    ]);
    expect((await rejection(west.calls.sqs("ListQueues", {}))).message).to.match(/^sqs: 503 .*ServiceUnavailable/);
    expect([await status(urls.west), await status(urls.east)]).to.deep.equal([503, 200]);
    await test.cloud.calls.sqs("ListQueues", {});
    expect(await control("DELETE", path, undefined, urls.east)).to.deep.equal({ status: 200, body: {} });
    await west.calls.sqs("ListQueues", {});
    expect(await status(urls.west)).to.equal(200);
  });

  it("leaves calls unanswered, of the services that are out", async () => {
    west.outage.begin({ kind: "hang", services: ["sns", "execute-api"] });
    const late = [west.calls.sns("ListTopics", {}).catch((error: Error) => error.message), status(urls.west)];
    const first = await Promise.race([...late, west.calls.sqs("ListQueues", {}).then(() => "sqs")]);
    expect(first).to.equal("sqs");
    expect(await Promise.race([...late, status(urls.east)])).to.equal(200);
    west.outage.end();
    expect((await Promise.all(late)).map((each) => String(each).slice(0, 8))).to.deep.equal(["sns: 503", "503"]);
  });

  it("holds up what was published, for as long as it lasts", async () => {
    west.outage.begin({ kind: "refuse", services: ["lambda"] });
    await west.calls.sns("Publish", { TopicArn: topic, Message: "held up" });
    const isThere = () => test.logs.some(({ line }) => line.includes("held up"));
    await test.cloud.lambdas.invoke(test.cloud.lambdas.list()[0]!.spec.name, "{}");
    expect(isThere()).to.equal(false);
    west.outage.end();
    await until(isThere);
  });

  it("gives up no event of a function that failed for it, and no schedule", async () => {
    const folder = mkdtempSync(join(tmpdir(), "outage-"));
    const file = (name: string) => JSON.stringify(join(folder, name));
    const code = `const { existsSync } = require("node:fs");
      exports.handler = async () => {
        console.log("begun");
        while (!existsSync(${file("fail")})) await new Promise((resolve) => setTimeout(resolve, 20));
        if (!existsSync(${file("over")})) throw new Error("refused");
        console.log("done");
      };`;
    const own = await startTestCloud();
    const { cloud, logs } = own;
    const outputs = await own.up(() => {
      const dead = new aws.sqs.Queue("dead");
      const fn = codeFunction("fails", code, { deadLetterConfig: { targetArn: dead.arn } });
      new aws.lambda.FunctionEventInvokeConfig("fails", { functionName: fn.name, maximumRetryAttempts: 0 });
      return { fn: fn.name, dead: dead.url, topic: new aws.sns.Topic("topic").arn };
    });
    const said = (text: string) => until(() => logs.some(({ line }) => line.includes(text)));
    cloud.lambdas.invokeAsync(String(outputs.fn), "{}");
    await said("begun");
    cloud.outage.begin({ kind: "refuse" });
    writeFileSync(join(folder, "fail"), "");
    await said("Invoke Error");
    const Input = JSON.stringify({ TopicArn: outputs.topic, Message: "late" });
    const arn = "arn:aws:scheduler:::aws-sdk:sns:publish";
    const publish = cloud.calls.sns.bind(cloud.calls);
    let published: Promise<string> | undefined;
    cloud.calls.sns = (...args) => (published = publish(...args));
    cloud.scheduler.create({
      ...{ Name: "late", GroupName: "default", ScheduleExpression: "at(2020-01-01T00:00:00)" },
      Target: { Arn: arn, Input },
    });
    // Later than the schedule's own timer.
    await sleep(1);
    expect(published).to.equal(undefined);
    writeFileSync(join(folder, "over"), "");
    cloud.outage.end();
    await said("done");
    await until(() => published);
    expect(cloud.messaging.queue(String(outputs.dead))!.messages).to.deep.equal([]);
    await own.stop();
    rmSync(folder, { recursive: true });
  });

  it("ends with the run", async () => {
    const own = await startTestCloud();
    own.cloud.outage.begin({ kind: "hang" });
    const call = rejection(own.cloud.calls.sqs("ListQueues", {}));
    await own.stop();
    await call;
  });

  it("begins by no other request", async () => {
    const path = "regions/us-west-2/outage";
    const hostile: [string, unknown, number, string][] = [
      [path, {}, 400, "Expected kind as one of refuse, hang"],
      [path, { kind: "flood" }, 400, "Expected kind as one of refuse, hang"],
      [path, { kind: ["hang"] }, 400, "Expected kind"],
      [path, [], 400, "Expected kind"],
      [path, "refuse", 400, "Expected kind"],
      ...[[], "sqs", ["sqs", "tape"], [["sqs"]], [null], {}, ["__proto__"], null].map(
        (services): [string, unknown, number, string] => [
          path,
          { kind: "hang", services },
          400,
          "Expected services as",
        ],
      ),
      ["regions/eu-north-1/outage", { kind: "hang" }, 404, "in use, us-east-1, us-west-2, got eu-north-1"],
      ["regions/__proto__/outage", { kind: "hang" }, 404, "Expected a region in use"],
      ["regions//outage", { kind: "hang" }, 404, "no such local control"],
      ["regions/us-west-2/outage/more", { kind: "hang" }, 404, "no such local control"],
      ["regions/us-west-2", { kind: "hang" }, 404, "no such local control"],
    ];
    for (const [where, body, expected, message] of hostile) {
      const answer = await control("POST", where, body);
      expect(answer.status, JSON.stringify([where, body])).to.equal(expected);
      expect(answer.body.message).to.include(message);
    }
    expect((await control("DELETE", "regions/eu-north-1/outage")).status).to.equal(404);
    expect((await control("GET", path)).status).to.equal(404);
    const plain = { ...controlHeaders(test.cloud), "content-type": "text/plain" };
    const response = await fetch(`${urls.west}/_local/${path}`, { method: "POST", headers: plain, body: "{}" });
    expect(response.status).to.equal(415);
    expect(west.outage.now).to.equal(undefined);
  });
});
