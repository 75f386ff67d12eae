// Before the local cloud, as a program may: its parsers are then those that take exponential time.
import "dynalite";
import * as aws from "@pulumi/aws";
import { expect } from "chai";
import fc from "fast-check";
import { signCall } from "../../../local-cloud/wire/signatures/signCall";
import { type RawAnswer, rawBytes, rawCall } from "../rawCalls";
import { controlHeaders, startTestCloud, type TestCloud } from "../support";

/** A call to the endpoint, to be signed as the person. */
interface Call {
  service: string;
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  body?: string;
}

const json = "application/x-amz-json-1.0";
const form = { "content-type": "application/x-www-form-urlencoded" };

function dynamodb(action: string, body: string): Call {
  return {
    service: "dynamodb",
    headers: { "content-type": json, "x-amz-target": `DynamoDB_20120810.${action}` },
    body,
  };
}

function sqs(action: string, body: string): Call {
  return { service: "sqs", headers: { "content-type": json, "x-amz-target": `AmazonSQS.${action}` }, body };
}

/** No request, however malformed, may end the process, hold it up, or go without an answer. */
describe("malformed requests to the local cloud", () => {
  let test: TestCloud;
  let api: string;
  before(async () => {
    test = await startTestCloud();
    const outputs = await test.up(() => {
      new aws.dynamodb.Table("table", { name: "table", hashKey: "id", attributes: [{ name: "id", type: "S" }] });
      new aws.sqs.Queue("queue", { name: "queue" });
      new aws.sns.Topic("topic", { name: "topic" });
      new aws.s3.Bucket("bucket", { bucket: "bucket" });
      return { api: new aws.apigatewayv2.Api("api", { protocolType: "HTTP" }).apiEndpoint };
    });
    api = String(outputs.api);
  });
  after(() => test.stop());

  async function send({ service, method = "POST", path = "/", headers = {}, body = "" }: Call): Promise<RawAnswer> {
    const { endpoint: address, region, credentials } = test.cloud;
    const signed = await signCall({ service, region, method, path, headers, body, address }, credentials);
    return rawCall(address, { method, path, headers: { ...signed, "content-length": Buffer.byteLength(body) }, body });
  }

  /** Others are answered meanwhile and afterwards. */
  async function expectUnharmed(): Promise<void> {
    const { status } = await send(dynamodb("ListTables", "{}"));
    expect(status).to.equal(200);
  }

  for (const body of [
    "null",
    "[]",
    "1",
    '"x"',
    "true",
    "",
    "{",
    "\u0000",
    "{}{}",
    '{"TableName":null}',
    '{"TableName":{}}',
  ]) {
    it(`PutItem and SendMessage of ${JSON.stringify(body)}`, async () => {
      for (const call of [dynamodb("PutItem", body), sqs("SendMessage", body), dynamodb("UpdateItem", body)]) {
        const { status, text } = await send(call);
        expect(status, text).to.be.within(400, 499);
        if (["null", "[]", "1", '"x"', "true", "{"].includes(body)) expect(text).to.include("SerializationException");
      }
      await expectUnharmed();
    });
  }

  const key = { TableName: "table", Key: { id: { S: "a" } } };
  const values = { ExpressionAttributeNames: { "#a": "a" }, ExpressionAttributeValues: { ":b": { S: "b" } } };
  const expressions: [string, string, number][] = [
    ["300 conditions as an update", "#a = :b AND ".repeat(300), 400],
    ["300 conditions", `${"#a = :b AND ".repeat(300)}#a = :b`, 400],
    ["5,000 letters", "a".repeat(5_000), 400],
    ["10 open parentheses", "(".repeat(10), 400],
    ["4,000 open parentheses", "(".repeat(4_000), 400],
    ["2,000 nested parentheses", `${"(".repeat(2_000)}#a = :b${")".repeat(2_000)}`, 400],
    ["nested functions", `SET #a = ${"if_not_exists(".repeat(200)}`, 400],
    ["a long path", `#a${".b".repeat(1_900)} = :b`, 400],
    ["NOT upon NOT", `${"NOT (".repeat(500)}#a = :b${")".repeat(500)}`, 400],
  ];
  for (const [what, expression] of expressions) {
    it(`an expression of ${what}`, async () => {
      for (const name of ["UpdateExpression", "ConditionExpression"]) {
        const { status } = await send(
          dynamodb("UpdateItem", JSON.stringify({ ...key, ...values, [name]: expression })),
        );
        expect(status).to.be.within(200, 500);
      }
      if (expression.length > 4_096) {
        const long = { ...key, ...values, UpdateExpression: expression };
        expect((await send(dynamodb("UpdateItem", JSON.stringify(long)))).text).to.include(
          "Expression size has exceeded",
        );
      }
      await expectUnharmed();
    });
  }

  it("values that are nested beyond all measure", async () => {
    const nested = (depth: number) => `{"L":[${"".padEnd(0)}${'{"L":['.repeat(depth)}${"]}".repeat(depth)}]}`;
    for (const depth of [50, 1_000, 100_000]) {
      const item = `{"TableName":"table","Item":{"id":{"S":"a"},"v":${nested(depth)}}}`;
      const { status, text } = await send(dynamodb("PutItem", item));
      expect(status, text).to.equal(400);
    }
    await expectUnharmed();
  });

  const odd: Call[] = [
    { service: "s3", method: "GET", path: "//" },
    { service: "s3", method: "GET", path: "///a" },
    { service: "s3", method: "PUT", path: "//key" },
    { service: "s3", method: "GET", path: "/bucket/%ff" },
    { service: "s3", method: "GET", path: "/%ff/key" },
    { service: "s3", method: "GET", path: "/bucket/%" },
    { service: "s3", method: "GET", path: "/__proto__/constructor" },
    { service: "s3", method: "GET", path: "/bucket?%ff=%ff&=&__proto__=1" },
    { service: "s3", method: "PUT", path: "/bucket/copy", headers: { "x-amz-copy-source": "%ff" } },
    { service: "s3", method: "PUT", path: "/bucket/copy", headers: { "x-amz-copy-source": "/" } },
    { service: "s3", method: "POST", path: "/bucket?delete", body: "<no xml" },
    { service: "s3", method: "POST", path: "/bucket/key?uploadId=none", body: "<no xml" },
    { service: "s3", method: "PUT", path: "/bucket/key?uploadId=none&partNumber=x" },
    { service: "s3", method: "PATCH", path: "/bucket/key" },
    { service: "scheduler", method: "GET", path: "/schedules/%ff" },
    { service: "scheduler", method: "POST", path: "/schedules/x", body: "null" },
    { service: "scheduler", method: "POST", path: "/schedules/x", body: "{}" },
    { service: "scheduler", method: "POST", path: "/schedules/x", body: '{"Target":null,"GroupName":[]}' },
    { service: "scheduler", method: "GET", path: "//" },
    { service: "lambda", path: "/2015-03-31/functions/%ff/invocations" },
    { service: "lambda", path: "/2015-03-31/functions/__proto__/invocations", body: "{}" },
    { service: "lambda", path: "//" },
    ...["__proto__", "constructor", "toString", "", "hasOwnProperty"].flatMap((action) =>
      ["autoscaling", "sns", "sts"].map((service) => ({ service, headers: form, body: `Action=${action}` })),
    ),
    { service: "sns", headers: form, body: "" },
    { service: "sns", headers: form, body: "%ff%fe&&&=&Action=%ff" },
    { service: "sns", headers: form, body: "Action=Publish&TopicArn=x&Message=" },
    { service: "sns", headers: { "content-type": "text/plain" }, body: "Action=ListTopics" },
    { service: "sns", body: "" },
    { service: "sqs", body: "" },
    { service: "sqs", headers: { "content-type": "application/json" }, body: "{}" },
    { service: "sqs", headers: { "content-type": json, "x-amz-target": "__proto__" }, body: "{}" },
    {
      service: "dynamodb",
      headers: { "content-type": json, "x-amz-target": "DynamoDB_20120810.__proto__" },
      body: "{}",
    },
    { service: "dynamodb", headers: { "content-type": json, "x-amz-target": "constructor" }, body: "{}" },
    { service: "dynamodb", method: "GET" },
    { service: "dynamodb", method: "DELETE", headers: { "content-type": json }, body: "{}" },
    { service: "__proto__", body: "{}" },
    { service: "constructor", body: "{}" },
    { service: "ec2", headers: form, body: "Action=DescribeInstances" },
  ];
  for (const call of odd) {
    const { service, method = "POST", path = "/", headers, body = "" } = call;
    it(`${service}: ${method} ${path} ${headers?.["x-amz-target"] ?? ""} ${body}`, async () => {
      const { status } = await send(call);
      expect(status).to.be.within(200, 501);
      await expectUnharmed();
    });
  }

  it("bytes that are no request, and requests that end half way", async () => {
    const host = (address: string) => new URL(address).host;
    for (const address of [test.cloud.endpoint, api]) {
      for (const bytes of [
        "\r\n\r\n",
        "GET\r\n\r\n",
        "\u0000\u0001\u0002\r\n\r\n",
        `GET / HTTP/9.9\r\nhost: ${host(address)}\r\n\r\n`,
        `POST / HTTP/1.1\r\nhost: ${host(address)}\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nabcde`,
        `POST / HTTP/1.1\r\nhost: ${host(address)}\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n`,
        `CONNECT evil.example:80 HTTP/1.1\r\nhost: ${host(address)}\r\n\r\n`,
        `GET / HTTP/1.1\r\nhost: ${host(address)}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n`,
      ]) {
        await rawBytes(address, bytes, 0.3);
      }
    }
    await expectUnharmed();
  });

  it("whatever else is sent to the controls", async () => {
    const headers = { ...controlHeaders(test.cloud), "content-type": "application/json" };
    for (const path of ["faults", "hang", "interrupt", "__proto__", "constructor", "%ff", "", "/", "faults/"]) {
      for (const body of [
        "",
        "null",
        "[]",
        "1",
        "{",
        '{"__proto__":1}',
        '{"instanceId":{}}',
        '{"kind":[]}',
        "[".repeat(9_999),
      ]) {
        const { status } = await rawCall(api, { path: `/_local/${path}`, headers, body });
        expect(status, `${path} ${body.slice(0, 20)}`).to.be.within(400, 404);
      }
    }
    await expectUnharmed();
  });

  const attribute = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 3 },
      fc.json({ maxDepth: 2 }).map((text) => JSON.parse(text) as unknown),
      fc.record({ S: fc.string() }),
      fc.record({ N: fc.oneof(fc.string(), fc.constantFrom("1", "1e200", "-0", "NaN", "1e-500")) }),
      fc.record({ L: fc.array(tie("any"), { maxLength: 3 }) }),
      fc.record({ M: fc.dictionary(fc.string(), tie("any"), { maxKeys: 3 }) }),
      fc.record({ SS: fc.array(fc.string(), { maxLength: 3 }) }),
      fc.record({ B: fc.string() }),
      fc.record({ NULL: fc.boolean() }),
    ),
  })).any;
  const word = fc.constantFrom(
    ...["#a", ":b", "a", "id", "(", ")", "[0]", ".", ",", "=", "<", "AND", "OR", "NOT", "BETWEEN", "IN", "SET", "ADD"],
    ...["REMOVE", "DELETE", "size(", "attribute_exists(", "contains(", "begins_with(", "if_not_exists(", "+", "-"],
  );
  const expression = fc.array(word, { maxLength: 14 }).map((words) => words.join(" "));
  const input = fc.record(
    {
      TableName: fc.oneof({ weight: 4, arbitrary: fc.constant("table") }, fc.jsonValue({ maxDepth: 1 })),
      Key: fc.oneof({ weight: 3, arbitrary: fc.record({ id: attribute }) }, attribute),
      Item: fc.oneof({ weight: 3, arbitrary: fc.record({ id: fc.constant({ S: "a" }), a: attribute }) }, attribute),
      UpdateExpression: expression,
      ConditionExpression: expression,
      KeyConditionExpression: expression,
      FilterExpression: expression,
      ProjectionExpression: expression,
      ExpressionAttributeNames: fc.oneof(fc.constant({ "#a": "a" }), attribute),
      ExpressionAttributeValues: fc.oneof(fc.record({ ":b": attribute }), attribute),
      AttributeUpdates: fc.dictionary(
        fc.string(),
        fc.record({ Value: attribute, Action: fc.constantFrom("PUT", "ADD", "DELETE", "x") }),
      ),
      Expected: fc.dictionary(
        fc.string(),
        fc.record({ Value: attribute, ComparisonOperator: fc.constantFrom("EQ", "IN", "x") }),
      ),
      RequestItems: fc.oneof(
        fc.record({
          table: fc.oneof(
            fc.array(fc.record({ PutRequest: fc.record({ Item: attribute }) })),
            fc.record({ Keys: fc.array(attribute) }),
          ),
        }),
        attribute,
      ),
      ExclusiveStartKey: attribute,
      Limit: fc.oneof(fc.integer(), fc.string()),
      ReturnValues: fc.constantFrom("ALL_OLD", "ALL_NEW", "UPDATED_NEW", "x"),
      Select: fc.constantFrom("COUNT", "ALL_ATTRIBUTES", "x"),
      AttributesToGet: fc.array(fc.string()),
      QueueUrl: fc.oneof(fc.constant("/queue"), fc.jsonValue({ maxDepth: 1 })),
      MessageBody: fc.jsonValue({ maxDepth: 1 }),
      Entries: fc.jsonValue({ maxDepth: 2 }),
      ReceiptHandle: fc.jsonValue({ maxDepth: 1 }),
      AttributeNames: fc.jsonValue({ maxDepth: 1 }),
    },
    { requiredKeys: ["TableName", "QueueUrl"] },
  );
  const actions = [
    ...["PutItem", "GetItem", "UpdateItem", "DeleteItem", "Query", "Scan", "BatchGetItem", "BatchWriteItem"],
    ...["CreateTable", "DescribeTable", "UpdateTable", "TagResource", "ListTagsOfResource", "ListTables"],
  ].map((action) => (body: string) => dynamodb(action, body));
  const queueActions = [
    ...["SendMessage", "SendMessageBatch", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes"],
    ...["SetQueueAttributes", "TagQueue", "ListQueueTags", "ChangeMessageVisibilityBatch", "DeleteMessageBatch"],
  ].map((action) => (body: string) => sqs(action, body));

  it("inputs of any shape to DynamoDB and SQS", async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...actions, ...queueActions), input, async (call, plan) => {
        expect((await send(call(JSON.stringify(plan)))).status).to.be.within(200, 500);
      }),
      { numRuns: 400 },
    );
    await expectUnharmed();
  }).timeout(60_000);

  it("parameters of any kind to SNS, Auto Scaling and S3", async () => {
    const text = fc.string({ unit: "binary", maxLength: 20 });
    const names = ["TopicArn", "Message", "Name", "Attributes.entry.1.key", "PublishBatchRequestEntries.member.1.Id"];
    const parameters = fc.dictionary(fc.oneof(fc.constantFrom(...names), text), text, { maxKeys: 4 });
    const actionNames = [
      "Publish",
      "PublishBatch",
      "CreateTopic",
      "Subscribe",
      "SetDesiredCapacity",
      "DescribeAutoScalingGroups",
    ];
    const segment = fc
      .oneof(text, fc.constantFrom("bucket", "..", ".", "%2e", "%00", "", "%2f", "%ff"))
      .map((part) => part.replace(/[^!-~]|[#?]/g, "_"));
    const paths = fc.array(segment, { maxLength: 4 }).map((parts) => `/${parts.join("/")}`);
    const calls = fc.oneof(
      fc.record({
        service: fc.constantFrom("sns", "autoscaling"),
        headers: fc.constant(form),
        body: fc
          .tuple(fc.constantFrom(...actionNames), parameters)
          .map(([Action, rest]) => new URLSearchParams({ ...rest, Action }).toString()),
      }),
      fc.record({
        service: fc.constantFrom("s3", "lambda", "scheduler"),
        method: fc.constantFrom("GET", "PUT", "POST", "DELETE", "HEAD"),
        path: paths,
        body: text,
      }),
    );
    await fc.assert(
      fc.asyncProperty(calls, async (call) => {
        expect((await send(call)).status).to.be.within(200, 501);
      }),
      { numRuns: 300 },
    );
    await expectUnharmed();
  }).timeout(60_000);

  it("requests of any kind to the API", async () => {
    const text = fc.string({ unit: "binary-ascii", maxLength: 20 }).map((part) => part.replace(/[^!-~]/g, "_"));
    const requests = fc.record({
      method: fc.constantFrom("GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"),
      path: text.map((part) => `/${part}`),
      headers: fc.record({ "content-type": text, "content-encoding": text, cookie: text }),
      body: fc.string({ unit: "binary", maxLength: 50 }),
    });
    await fc.assert(
      fc.asyncProperty(requests, async (request) => {
        expect((await rawCall(api, request)).status).to.be.within(200, 500);
      }),
      { numRuns: 150 },
    );
    await expectUnharmed();
  }).timeout(60_000);
});
