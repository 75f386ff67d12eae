import { Readable } from "node:stream";
import { AutoScalingClient, DescribeAutoScalingGroupsCommand } from "@aws-sdk/client-auto-scaling";
import { DynamoDBClient, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { GetScheduleCommand, SchedulerClient } from "@aws-sdk/client-scheduler";
import { ListTopicsCommand, SNSClient } from "@aws-sdk/client-sns";
import { ListQueuesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { SignatureV4 } from "@smithy/signature-v4";
import { expect } from "chai";
import { sha256 } from "../../../local-cloud/wire/signatures/recompute";
import { signCall } from "../../../local-cloud/wire/signatures/signCall";
import { type RawCall, rawCall } from "../rawCalls";
import { rejection, startTestCloud, type TestCloud } from "../support";

interface Settings {
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  maxAttempts: number;
  systemClockOffset?: number;
}

/** A call of each service, and its code for a key that it doesn't know, and for a wrong signature. */
const services: { name: string; call: (settings: Settings) => Promise<unknown>; unknown: string; wrong: string }[] = [
  {
    name: "dynamodb",
    call: (settings) => new DynamoDBClient(settings).send(new ListTablesCommand({})),
    ...{ unknown: "UnrecognizedClientException", wrong: "InvalidSignatureException" },
  },
  {
    name: "sqs",
    call: (settings) => new SQSClient(settings).send(new ListQueuesCommand({})),
    ...{ unknown: "InvalidClientTokenId", wrong: "SignatureDoesNotMatch" },
  },
  {
    name: "sns",
    call: (settings) => new SNSClient(settings).send(new ListTopicsCommand({})),
    ...{ unknown: "InvalidClientTokenId", wrong: "SignatureDoesNotMatch" },
  },
  {
    name: "autoscaling",
    call: (settings) => new AutoScalingClient(settings).send(new DescribeAutoScalingGroupsCommand({})),
    ...{ unknown: "InvalidClientTokenId", wrong: "SignatureDoesNotMatch" },
  },
  {
    name: "s3",
    call: (settings) => new S3Client(settings).send(new ListBucketsCommand({})),
    ...{ unknown: "InvalidAccessKeyId", wrong: "SignatureDoesNotMatch" },
  },
  {
    name: "lambda",
    call: (settings) => new LambdaClient(settings).send(new InvokeCommand({ FunctionName: "none" })),
    ...{ unknown: "UnrecognizedClientException", wrong: "InvalidSignatureException" },
  },
  {
    name: "scheduler",
    call: (settings) => new SchedulerClient(settings).send(new GetScheduleCommand({ Name: "none" })),
    ...{ unknown: "UnrecognizedClientException", wrong: "InvalidSignatureException" },
  },
];

describe("callers of the local AWS endpoint", () => {
  let test: TestCloud;
  let settings: Settings;
  before(async () => {
    test = await startTestCloud();
    const { endpoint, region, credentials } = test.cloud;
    settings = { endpoint, region, credentials, maxAttempts: 1 };
  });
  after(() => test.stop());

  for (const { name, call, unknown, wrong } of services) {
    it(`${name} takes calls of keys that were given out, and says of others what AWS says`, async () => {
      const failing = (credentials: Partial<Settings["credentials"]>) =>
        rejection(call({ ...settings, credentials: { ...settings.credentials, ...credentials } }));
      expect((await failing({ accessKeyId: "AKIAOTHER" })).name).to.equal(unknown);
      expect((await failing({ accessKeyId: "local", secretAccessKey: "local" })).name).to.equal(unknown);
      expect((await failing({ secretAccessKey: "other" })).name).to.equal(wrong);
      expect((await failing({ sessionToken: "other" })).name).to.equal(unknown);
      const error = await call(settings).catch((refusal: Error) => refusal);
      if (error instanceof Error) expect(error.name).to.equal("ResourceNotFoundException");
      const revoked = test.cloud.callers.issue({ name: "gone" });
      test.cloud.callers.revoke(revoked.accessKeyId);
      expect((await failing(revoked)).name).to.equal(unknown);
    });
  }

  it("are identified by their role's session, whose token they must have", async () => {
    const session = test.cloud.callers.issue({ name: "session", roleArn: "arn:aws:iam::000000000000:role/none" });
    const call = services.find(({ name }) => name === "sqs")!.call;
    expect((await rejection(call({ ...settings, credentials: session }))).message).to.include(
      "assumed-role/none/session",
    );
    const bare = { ...session, sessionToken: undefined };
    expect((await rejection(call({ ...settings, credentials: bare }))).name).to.equal("InvalidClientTokenId");
  });

  const dynamo = { "content-type": "application/x-amz-json-1.0", "x-amz-target": "DynamoDB_20120810.ListTables" };
  const form = { "content-type": "application/x-www-form-urlencoded" };
  const unsigned: [what: string, code: string, call: RawCall][] = [
    ["DynamoDB", "MissingAuthenticationTokenException", { headers: dynamo, body: "{}" }],
    [
      "SQS",
      "MissingAuthenticationToken",
      { headers: { ...dynamo, "x-amz-target": "AmazonSQS.ListQueues" }, body: "{}" },
    ],
    [
      "SQS",
      "MissingAuthenticationToken",
      { headers: { ...dynamo, "x-amz-target": "AmazonSQS.PurgeQueue" }, body: "{}" },
    ],
    ["SNS", "MissingAuthenticationToken", { headers: form, body: "Action=ListTopics&Version=2010-03-31" }],
    ["SNS", "MissingAuthenticationToken", { headers: form, body: "Action=Publish&TopicArn=x&Message=x" }],
    ["STS", "MissingAuthenticationToken", { headers: form, body: "Action=GetCallerIdentity" }],
    ["Auto Scaling", "MissingAuthenticationToken", { headers: form, body: "Action=SetDesiredCapacity" }],
    ["S3", "AccessDenied", { method: "GET" }],
    ["S3", "AccessDenied", { method: "PUT", path: "/bucket/key", body: "x" }],
    ["Lambda", "AccessDenied", { path: "/2015-03-31/functions/f/invocations", body: "{}" }],
    ["fauxqs", "AccessDenied", { method: "GET", path: "/_fauxqs/queues" }],
    ["fauxqs and dynalite", "AccessDenied", { method: "GET", path: "/health" }],
    ["no method of AWS", "AccessDenied", { method: "PROPFIND", path: "/" }],
  ];
  for (const [what, code, call] of unsigned) {
    it(`are asked for a signature: ${what} ${call.path ?? ""} ${String(call.body ?? "")}`, async () => {
      const { status, text } = await rawCall(test.cloud.endpoint, call);
      expect(status).to.be.within(400, 403);
      expect(text).to.include(code);
    });
  }

  it("may send an origin of the endpoint's own, and get no header that is for other pages", async () => {
    for (const service of ["dynamodb", "sqs"] as const) {
      const target = service === "sqs" ? "AmazonSQS.ListQueues" : "DynamoDB_20120810.ListTables";
      const call = { service, region: "us-east-1", method: "POST", path: "/", body: "{}", address: settings.endpoint };
      const headers = { "content-type": "application/x-amz-json-1.0", "x-amz-target": target };
      const signed = await signCall({ ...call, headers }, settings.credentials);
      const answer = await rawCall(settings.endpoint, {
        headers: { ...signed, origin: settings.endpoint },
        body: "{}",
      });
      expect(answer.status, answer.text).to.equal(200);
      expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control"))).to.deep.equal([]);
    }
  });

  it("may have clocks that differ by less than 15 minutes", async () => {
    const call = services[0]!.call;
    for (const minutes of [-14, 14]) await call({ ...settings, systemClockOffset: minutes * 60_000 });
    for (const minutes of [-16, 16]) {
      const error = await rejection(call({ ...settings, systemClockOffset: minutes * 60_000 }));
      expect(error.message).to.match(/^Signature (expired|not yet current): /);
    }
  });

  it("may put objects in one piece, in a stream, under any type, empty, and by a URL that was signed before", async () => {
    const s3 = new S3Client({ ...settings, forcePathStyle: true });
    const Bucket = "pieces";
    await s3.send(new CreateBucketCommand({ Bucket }));
    const read = async (Key: string) =>
      (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body!.transformToString();
    await s3.send(new PutObjectCommand({ Bucket, Key: "whole", Body: "whole" }));
    expect(await read("whole")).to.equal("whole");
    const parts = ["a".repeat(70_000), "b".repeat(70_000), "c"];
    const ContentLength = parts.join("").length;
    await s3.send(new PutObjectCommand({ Bucket, Key: "stream", Body: Readable.from(parts), ContentLength }));
    expect(await read("stream")).to.equal(parts.join(""));
    for (const ContentType of ["application/x-www-form-urlencoded", "application/x-amz-json-1.0", "application/json"]) {
      await s3.send(new PutObjectCommand({ Bucket, Key: "typed", Body: "a=1&b", ContentType }));
      expect(await read("typed")).to.equal("a=1&b");
    }
    await s3.send(new PutObjectCommand({ Bucket, Key: "empty", Body: "" }));
    expect(await read("empty")).to.equal("");
    const odd = "a b/+%20~'()*ä€😀?#&=.txt";
    await s3.send(new PutObjectCommand({ Bucket, Key: odd, Body: "odd" }));
    expect(await read(odd)).to.equal("odd");
    for (const [method, body] of [
      ["PUT", "by URL"],
      ["GET", undefined],
    ] as const) {
      const url = await presign(method, `/${Bucket}/signed before.txt`);
      const answer = await fetch(url, { method, body });
      expect(answer.status, await answer.clone().text()).to.equal(200);
      if (method === "GET") expect(await answer.text()).to.equal("by URL");
      expect((await fetch(url.replace("before", "after"), { method, body })).status).to.equal(403);
    }
    s3.destroy();
  });

  it("may leave out the type of an empty object", async () => {
    const call = { service: "s3", region: "us-east-1", method: "PUT", path: "/pieces/typeless", body: "", headers: {} };
    const headers = await signCall({ ...call, address: settings.endpoint }, settings.credentials);
    const answer = await rawCall(settings.endpoint, { method: "PUT", path: call.path, headers });
    expect(answer.status, answer.text).to.equal(200);
  });

  async function presign(method: string, path: string): Promise<string> {
    const { endpoint, region, credentials } = settings;
    const { host, hostname } = new URL(endpoint);
    const signer = new SignatureV4({ service: "s3", region, credentials, sha256, uriEscapePath: false });
    const headers = { host, "x-amz-content-sha256": "UNSIGNED-PAYLOAD" };
    const request = { method, protocol: "http:", hostname, path: encodeURI(path), headers, query: {} };
    const signed = await signer.presign(request, { expiresIn: 60, unhoistableHeaders: new Set<string>() });
    const query = Object.entries(signed.query ?? {}).map(
      ([name, value]) => `${name}=${encodeURIComponent(String(value))}`,
    );
    return `${endpoint}${encodeURI(path)}?${query.join("&")}`;
  }
});
