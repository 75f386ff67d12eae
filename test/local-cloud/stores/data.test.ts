import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { deserialize, serialize } from "node:v8";
import { GetItemCommand, PutItemCommand, QueryCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
} from "@aws-sdk/client-sqs";
import * as aws from "@pulumi/aws";
import { expect } from "chai";
import { ClassicLevel } from "classic-level";
import { codeFunction, letSend, roleThatMay } from "../programs";
import { receive, rejection, startTestCloud, type TestCloud, until } from "../support";

interface Names {
  work: string;
  dead: string;
  bucket: string;
  table: string;
}

/** The program of a test, and names in the cloud. */
const program =
  (items: string[] = [], rangeKey = "at") =>
  () => {
    const dead = new aws.sqs.Queue("dead");
    const work = new aws.sqs.Queue("work", {
      visibilityTimeoutSeconds: 600,
      redrivePolicy: dead.arn.apply((deadLetterTargetArn) =>
        JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 2 }),
      ),
    });
    const bucket = new aws.s3.Bucket("bucket");
    new aws.s3.BucketObjectv2("code", { bucket: bucket.bucket, key: "code", content: "made by the program" });
    const table = new aws.dynamodb.Table("table", {
      attributes: ["id", "state", rangeKey].map((name) => ({ name, type: "S" })),
      hashKey: "id",
      globalSecondaryIndexes: [{ name: "by-state", hashKey: "state", rangeKey, projectionType: "ALL" }],
    });
    for (const id of items) {
      new aws.dynamodb.TableItem(id, { tableName: table.name, hashKey: "id", item: JSON.stringify({ id: { S: id } }) });
    }
    return { work: work.url, dead: dead.url, bucket: bucket.bucket, table: table.name };
  };

const head = { version: 1, owner: "shop/dev" };
const v8 = { name: "v8", format: "buffer" as const, encode: serialize, decode: deserialize };

describe("a folder of data", () => {
  let folder: string;
  let test: TestCloud;
  let names: Names;

  async function start(run: () => unknown = program()): Promise<void> {
    test = await startTestCloud({ data: { folder, owner: head.owner } });
    names = (await test.up(run)) as unknown as Names;
  }
  async function restart(run?: () => unknown): Promise<void> {
    await test.stop();
    await start(run);
  }
  async function edit(name: "state" | "tables", change: (db: ClassicLevel<string, unknown>) => Promise<void>) {
    const db = new ClassicLevel<string, unknown>(join(folder, name), { valueEncoding: name === "state" ? v8 : "json" });
    await change(db);
    await db.close();
  }
  const told = () => test.logs.find(({ name }) => name === "data")?.line;
  const send = (MessageBody: string, DelaySeconds = 0) =>
    test.sqs.send(new SendMessageCommand({ QueueUrl: names.work, MessageBody, DelaySeconds }));

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "data "));
    await start();
  });
  afterEach(async () => {
    await test.stop();
    rmSync(folder, { recursive: true });
  });

  it("keeps messages as they were: in order, delayed, in flight, with their receive counts", async () => {
    expect(told()).to.equal(`Keeps queues, tables, objects and schedules in ${folder}`);
    for (const body of ["first", "second", "third"]) await send(body);
    await send("delayed", 600);
    await receive(test.sqs, names.work);
    const second = await receive(test.sqs, names.work);
    await test.sqs.send(
      new ChangeMessageVisibilityCommand({
        ...{ QueueUrl: names.work, ReceiptHandle: second.ReceiptHandle, VisibilityTimeout: 1 },
      }),
    );
    await restart();
    expect(told()).to.equal(`Resumed 4 messages from ${folder}`);
    const asked = { QueueUrl: names.work, AttributeNames: ["All" as const] };
    const { Attributes } = await test.sqs.send(new GetQueueAttributesCommand(asked));
    expect(Number(Attributes!.ApproximateNumberOfMessages)).to.be.within(1, 2);
    const got = [await receive(test.sqs, names.work), await receive(test.sqs, names.work)];
    expect(
      got.map(({ Body, Attributes: { ApproximateReceiveCount: count } = {} }) => [Body, count]),
    ).to.have.deep.members([
      ["second", "2"],
      ["third", "1"],
    ]);
    const { Messages } = await test.sqs.send(new ReceiveMessageCommand({ QueueUrl: names.work }));
    expect(Messages ?? []).to.deep.equal([]);
    for (const { ReceiptHandle } of got) {
      await test.sqs.send(new DeleteMessageCommand({ QueueUrl: names.work, ReceiptHandle }));
    }
    await restart();
    expect(told()).to.equal(`Resumed 2 messages from ${folder}`);
  });

  it("keeps a dead letter in its new queue alone", async () => {
    await send("bad");
    for (const expected of ["bad", "bad", undefined]) {
      const { Messages } = await test.sqs.send(
        new ReceiveMessageCommand({ QueueUrl: names.work, VisibilityTimeout: 0 }),
      );
      expect(Messages?.[0]?.Body).to.equal(expected);
    }
    await restart();
    expect(told()).to.equal(`Resumed 1 message from ${folder}`);
    expect((await receive(test.sqs, names.dead)).Body).to.equal("bad");
  });

  it("keeps objects, those of several parts too, but for those that the program makes", async () => {
    const [Bucket, Body] = [names.bucket, "x".repeat(70_000)];
    const put = { Bucket, Key: "a/ü b", Body, ContentType: "text/plain", Metadata: { by: "test" } };
    await test.s3.send(new PutObjectCommand(put));
    await test.s3.send(new PutObjectCommand({ Bucket, Key: "gone", Body }));
    await test.s3.send(new DeleteObjectCommand({ Bucket, Key: "gone" }));
    const { UploadId } = await test.s3.send(new CreateMultipartUploadCommand({ Bucket, Key: "parts" }));
    const part = { Bucket, Key: "parts", UploadId };
    const { ETag } = await test.s3.send(new UploadPartCommand({ ...part, PartNumber: 1, Body }));
    const whole = { ...part, MultipartUpload: { Parts: [{ ETag, PartNumber: 1 }] } };
    const { ETag: etag } = await test.s3.send(new CompleteMultipartUploadCommand(whole));
    const { LastModified } = await test.s3.send(new GetObjectCommand({ Bucket, Key: "a/ü b" }));
    await restart();
    expect(told()).to.equal(`Resumed 2 objects from ${folder}`);
    const { Contents = [] } = await test.s3.send(new ListObjectsV2Command({ Bucket }));
    expect(Contents.map(({ Key }) => Key)).to.have.members(["a/ü b", "code", "parts"]);
    expect(Contents.find(({ Key }) => Key === "parts")).to.deep.include({ ETag: etag, Size: 70_000 });
    const got = await test.s3.send(new GetObjectCommand({ Bucket, Key: "a/ü b" }));
    expect(got).to.deep.include({ ContentType: "text/plain", Metadata: { by: "test" }, LastModified });
    expect(await got.Body!.transformToString()).to.equal(Body);
  });

  it("keeps items, but for those that a former program made", async () => {
    await restart(program(["one", "two"]));
    await test.dynamodb.send(new PutItemCommand({ TableName: names.table, Item: { id: { S: "job" } } }));
    await restart(program(["two", "three"]));
    const { Items = [] } = await test.dynamodb.send(new ScanCommand({ TableName: names.table }));
    expect(Items.map(({ id }) => id!.S)).to.have.members(["job", "two", "three"]);
  });

  it("passes on events that no function has handled yet", async () => {
    const code = `const { existsSync, writeFileSync } = require("node:fs");
exports.handler = async ({ file }) => {
  if (existsSync(file)) return writeFileSync(file, "handled");
  writeFileSync(file, "begun");
  await new Promise(() => {});
};`;
    const run = () => ({ name: codeFunction("handler", code).name });
    const file = join(folder, "..", `${basename(folder)}.event`);
    const text = () => existsSync(file) && readFileSync(file, "utf8");
    await restart(run);
    const [handler] = test.cloud.lambdas.list();
    test.cloud.lambdas.invokeAsync(handler!.spec.name, JSON.stringify({ file }));
    await until(() => text() === "begun");
    await restart(run);
    await until(() => text() === "handled");
    await restart(run);
    rmSync(file);
  });

  it("runs schedules that came due meanwhile", async () => {
    const run = () => {
      const topic = new aws.sns.Topic("topic");
      const queue = new aws.sqs.Queue("queue");
      new aws.sns.TopicSubscription("subscription", { topic: topic.arn, protocol: "sqs", endpoint: queue.arn });
      new aws.scheduler.ScheduleGroup("group", { name: "group" });
      letSend("topic-queue", queue, topic);
      const roleArn = roleThatMay("publisher", ["sns:Publish"], "*");
      return { topicArn: topic.arn, work: queue.url, roleArn };
    };
    await restart(run);
    const { topicArn: TopicArn, roleArn: RoleArn } = names as unknown as { topicArn: string; roleArn: string };
    const Input = JSON.stringify({ TopicArn, Message: "due" });
    const at = (time: number) => `at(${new Date(time).toISOString().slice(0, 19)})`;
    const schedule = (Name: string, time: number) =>
      test.cloud.scheduler.createKept({
        ...{ Name, GroupName: "group", ScheduleExpression: at(time), ActionAfterCompletion: "DELETE" },
        Target: { Arn: "arn:aws:scheduler:::aws-sdk:sns:publish", RoleArn, Input },
      });
    schedule("soon", Date.now() + 2_000);
    schedule("late", Date.now() + 3_600_000);
    schedule("deleted", Date.now() + 3_600_000);
    test.cloud.scheduler.delete("group", "deleted");
    await restart(run);
    expect(told()).to.equal(`Resumed 2 schedules from ${folder}`);
    expect(JSON.parse((await receive(test.sqs, names.work)).Body!)).to.include({ Message: "due" });
    await until(() => test.cloud.scheduler.list().length === 1);
    await restart(run);
    expect(test.cloud.scheduler.list().map(({ Name }) => Name)).to.deep.equal(["late"]);
  });

  it("is mended after a run that was killed: no table is half made, and indexes are those of the items", async () => {
    const { table: TableName } = names;
    const item = (id: string, state: string) => ({ id: { S: id }, state: { S: state }, at: { S: "1" } });
    await test.dynamodb.send(new PutItemCommand({ TableName, Item: item("job", "queued") }));
    await test.stop();
    await edit("tables", async (tables) => {
      const index = `index-global~${TableName}~by-state~`;
      const [[key] = []] = await tables.iterator({ gte: index, limit: 1 }).all();
      expect(key).to.include(index);
      await tables.del(key!);
      await tables.put(`${index}ghost`, item("job", "running"));
      await tables.put("table~half-made", { TableName: "half-made", TableStatus: "CREATING", KeySchema: [] });
    });
    await edit("state", (state) => state.put("head", { ...head, isOpen: true }));
    await start();
    for (const [name, count] of [
      ["queued", 1],
      ["running", 0],
    ] as const) {
      // prettier-ignore
      const { Items } = await test.dynamodb.send(
        new QueryCommand({
          ...{ TableName, IndexName: "by-state", KeyConditionExpression: "#state = :state" },
          ...{ ExpressionAttributeNames: { "#state": "state" }, ExpressionAttributeValues: { ":state": { S: name } } },
        }),
      );
      expect(Items, name).to.have.length(count);
    }
    expect(await test.dynamodb.send(new GetItemCommand({ TableName, Key: { id: { S: "job" } } }))).to.deep.include({
      Item: item("job", "queued"),
    });
  });

  it("says what the program has no place for now, and keeps that", async () => {
    await send("waits");
    await restart(() => ({}));
    expect(told()).to.match(/^Keeps .*; 1 stay there, since the program has no such queue, bucket or group now$/);
    await restart();
    expect((await receive(test.sqs, names.work)).Body).to.equal("waits");
  });

  it("is refused while another run uses it, and if it is another stack's, another format's or no such folder", async () => {
    const refusal = async (owner = "shop/dev", where = folder) =>
      (await rejection(startTestCloud({ data: { folder: where, owner } }))).message;
    expect(await refusal()).to.equal(`Expected a folder of data of shop/dev, got ${folder}: another run uses it`);
    await test.stop();
    expect(await refusal("blog/dev")).to.equal(
      `Expected a folder of data of blog/dev, got ${folder}: it is that of shop/dev`,
    );
    const north = startTestCloud({ data: { folder, owner: "shop/dev" }, region: "eu-north-1" });
    expect((await rejection(north)).message).to.include("its first region is us-east-1, not eu-north-1");
    const other = join(folder, "other");
    mkdirSync(other);
    writeFileSync(join(other, "index.ts"), "");
    expect(await refusal(undefined, other)).to.include("other files are in it");
    expect(await refusal(undefined, join(other, "index.ts"))).to.match(/EEXIST|ENOTDIR/);
    await edit("state", (state) => state.put("head", { ...head, version: 2 }));
    expect(await refusal()).to.include("another version of batch-job-processor wrote it (format 2, not 1)");
  });

  it("is refused where its tables have other keys", async () => {
    await test.stop();
    const error = await rejection(start(program([], "other")));
    expect(error.message).to.include(`Expected the keys and indexes that ${folder} has, got others`);
  });

  it("says so if it can't be written, and answers no call from then on", async () => {
    test.cloud.data!.put("a function can't be kept", () => undefined);
    expect((await test.cloud.data!.failure).message).to.include("could not be cloned");
    expect(await rejection(test.cloud.calls.sqs("SendMessage", { QueueUrl: names.work, MessageBody: "x" }))).to.be.an(
      "error",
    );
  });
});
