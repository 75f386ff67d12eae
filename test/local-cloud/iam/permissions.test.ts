import { AutoScalingClient, SetDesiredCapacityCommand } from "@aws-sdk/client-auto-scaling";
import {
  BatchGetItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
} from "@aws-sdk/client-dynamodb";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { CreateScheduleCommand, SchedulerClient } from "@aws-sdk/client-scheduler";
import { PublishBatchCommand, PublishCommand, SNSClient } from "@aws-sdk/client-sns";
import { ReceiveMessageCommand, SendMessageBatchCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { codeFunction, roleThatMay, trustIn, workerGroup, workerTemplate } from "../programs";
import { receive, rejection, startTestCloud, type TestCloud, until } from "../support";

type Resources = Record<
  "queue" | "queueUrl" | "shared" | "topic" | "bucket" | "table" | "tableArn" | "fn" | "fnArn" | "group" | "publisher",
  string
>;

describe("permissions in the local cloud", () => {
  let test: TestCloud;
  let made: Resources;
  before(async () => {
    test = await startTestCloud();
    made = (await test.up(program)) as Resources;
  });
  after(() => test.stop());

  /** Settings of a client that acts in a role with these statements. */
  function actingWith(...statements: object[]) {
    const { cloud } = test;
    const name = `role-${roles++}`;
    const roleArn = `arn:aws:iam::000000000000:role/${name}`;
    cloud.iam.roles.put(name, roleArn, trustIn("lambda"));
    cloud.iam.roles.putInline(name, "inline", { Version: "2012-10-17", Statement: statements });
    const credentials = cloud.callers.issue({ name: "session", roleArn });
    return { name, settings: { endpoint: cloud.endpoint, region: cloud.region, credentials, maxAttempts: 1 } };
  }
  let roles = 0;
  const allow = (Action: string | string[], Resource: string | string[], more: object = {}) => ({
    ...{ Effect: "Allow", Action, Resource },
    ...more,
  });

  it("refuse as each service does, naming role, action and resource", async () => {
    const { name, settings } = actingWith();
    const key = { id: { S: "1" } };
    const schedule = {
      ...{ Name: "s", ScheduleExpression: "at(2100-01-01T00:00:00)", FlexibleTimeWindow: { Mode: "OFF" as const } },
      Target: { Arn: "arn:aws:scheduler:::aws-sdk:sns:publish", RoleArn: made.publisher, Input: "{}" },
    };
    const calls: [call: Promise<unknown>, error: string, action: string, resource: string][] = [
      [
        new SQSClient(settings).send(new SendMessageCommand({ QueueUrl: made.queueUrl, MessageBody: "x" })),
        ...(["AccessDenied", "sqs:sendmessage", made.queue] as const),
      ],
      [
        new SNSClient(settings).send(new PublishCommand({ TopicArn: made.topic, Message: "x" })),
        ...(["AuthorizationErrorException", "SNS:Publish", made.topic] as const),
      ],
      [
        new S3Client(settings).send(new GetObjectCommand({ Bucket: made.bucket, Key: "there" })),
        ...(["AccessDenied", "s3:GetObject", `"arn:aws:s3:::${made.bucket}/there"`] as const),
      ],
      [
        new DynamoDBClient(settings).send(new GetItemCommand({ TableName: made.table, Key: key })),
        ...(["AccessDeniedException", "dynamodb:GetItem", made.tableArn] as const),
      ],
      [
        new AutoScalingClient(settings).send(
          new SetDesiredCapacityCommand({ AutoScalingGroupName: made.group, DesiredCapacity: 0 }),
        ),
        ...(["AccessDenied", "autoscaling:SetDesiredCapacity", test.cloud.groups.find(made.group)!.arn] as const),
      ],
      [
        new LambdaClient(settings).send(new InvokeCommand({ FunctionName: made.fn })),
        ...(["AccessDeniedException", "lambda:InvokeFunction", made.fnArn] as const),
      ],
      [
        new SchedulerClient(settings).send(new CreateScheduleCommand(schedule)),
        "AccessDeniedException",
        "scheduler:CreateSchedule",
        "arn:aws:scheduler:us-east-1:000000000000:schedule/default/s",
      ],
    ];
    for (const [call, error, action, resource] of calls) {
      const refused = await rejection(call);
      expect(refused.name, action).to.equal(error);
      expect(refused.message).to.equal(
        `User: arn:aws:sts::000000000000:assumed-role/${name}/session is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`,
      );
    }
  });

  it("check a batch by its entries", async () => {
    const { settings } = actingWith(allow("sqs:SendMessage", made.queue), allow("sns:Publish", made.topic));
    await new SQSClient(settings).send(
      new SendMessageBatchCommand({ QueueUrl: made.queueUrl, Entries: [{ Id: "1", MessageBody: "x" }] }),
    );
    await new SNSClient(settings).send(
      new PublishBatchCommand({ TopicArn: made.topic, PublishBatchRequestEntries: [{ Id: "1", Message: "x" }] }),
    );
    const receiving = new SQSClient(settings).send(new ReceiveMessageCommand({ QueueUrl: made.queueUrl }));
    expect((await rejection(receiving)).message).to.include("sqs:receivemessage");
  });

  it("name the kind of policy that has an explicit deny", async () => {
    const own = actingWith(allow("sqs:*", "*"), { ...allow("sqs:SendMessage", made.queue), Effect: "Deny" });
    const send = new SendMessageCommand({ QueueUrl: made.queueUrl, MessageBody: "x" });
    const denied = await rejection(new SQSClient(own.settings).send(send));
    expect(denied.message).to.include("with an explicit deny in an identity-based policy");
    const other = actingWith(allow("sqs:*", "*"));
    const queue = test.cloud.messaging.queue(made.queue)!;
    const statement = { ...allow("sqs:*", made.queue), Effect: "Deny", Principal: "*" };
    queue.setAttributes({ Policy: JSON.stringify({ Version: "2012-10-17", Statement: [statement] }) });
    const deniedByQueue = await rejection(new SQSClient(other.settings).send(send));
    expect(deniedByQueue.message).to.include("with an explicit deny in a resource-based policy");
    queue.setAttributes({ Policy: "" });
    await new SQSClient(other.settings).send(send);
  });

  it("distinguish a table's index from the table, and items by their partition key", async () => {
    const condition = { Condition: { "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": ["own"] } } };
    const actions = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:BatchGetItem"];
    const client = new DynamoDBClient(actingWith(allow(actions, made.tableArn, condition)).settings);
    const TableName = made.table;
    const key = (id: string) => ({ id: { S: id } });
    const query = (id: string) =>
      new QueryCommand({
        TableName,
        KeyConditionExpression: "#k = :id",
        ExpressionAttributeNames: { "#k": "id" },
        ExpressionAttributeValues: { ":id": { S: id } },
      });
    const batch = (...ids: string[]) =>
      new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: ids.map(key) } } });
    await client.send(new PutItemCommand({ TableName, Item: key("own") }));
    await client.send(new GetItemCommand({ TableName, Key: key("own") }));
    await client.send(query("own"));
    await client.send(batch("own"));
    const refused = [
      client.send(new PutItemCommand({ TableName, Item: key("other") })),
      client.send(new GetItemCommand({ TableName, Key: key("other") })),
      client.send(query("other")),
      client.send(batch("own", "other")),
      client.send(new ScanCommand({ TableName })),
      client.send(new QueryCommand({ TableName, IndexName: "by-kind", KeyConditionExpression: "kind = :k" })),
    ];
    for (const call of refused) expect((await rejection(call)).name).to.equal("AccessDeniedException");
    expect((await rejection(refused.at(-1)!)).message).to.include(`${made.tableArn}/index/by-kind`);
  });

  it("hide that an object is missing from callers that may not list the bucket", async () => {
    const objects = `arn:aws:s3:::${made.bucket}/*`;
    const missing = { Bucket: made.bucket, Key: "missing" };
    const blind = new S3Client(actingWith(allow("s3:GetObject", objects)).settings);
    expect((await rejection(blind.send(new GetObjectCommand(missing)))).message).to.include("s3:ListBucket");
    await blind.send(new HeadObjectCommand({ Bucket: made.bucket, Key: "there" }));
    const seeing = new S3Client(
      actingWith(allow("s3:GetObject", objects), allow("s3:ListBucket", `arn:aws:s3:::${made.bucket}`)).settings,
    );
    expect((await rejection(seeing.send(new GetObjectCommand(missing)))).name).to.equal("NoSuchKey");
    const writing = new PutObjectCommand({ ...missing, Body: "x" });
    expect((await rejection(seeing.send(writing))).message).to.include("s3:PutObject");
  });

  it("require iam:PassRole for a schedule's role", async () => {
    const create = allow("scheduler:CreateSchedule", "*");
    const pass = (service: string) =>
      allow("iam:PassRole", made.publisher, { Condition: { StringEquals: { "iam:PassedToService": service } } });
    const command = (Name: string) =>
      new CreateScheduleCommand({
        ...{ Name, ScheduleExpression: "at(2100-01-01T00:00:00)", FlexibleTimeWindow: { Mode: "OFF" } },
        Target: { Arn: "arn:aws:scheduler:::aws-sdk:sns:publish", RoleArn: made.publisher, Input: "{}" },
      });
    await new SchedulerClient(actingWith(create, pass("scheduler.amazonaws.com")).settings).send(command("passed"));
    const other = actingWith(create, pass("lambda.amazonaws.com"));
    const refused = await rejection(new SchedulerClient(other.settings).send(command("not-passed")));
    expect(refused.message).to.include(`iam:PassRole on resource: ${made.publisher}`);
  });

  it("of a resource allow a role that has none of its own, and a function's allow its callers", async () => {
    const { settings } = actingWith();
    await new SQSClient(settings).send(new SendMessageCommand({ QueueUrl: made.shared, MessageBody: "welcome" }));
    expect((await receive(test.sqs, made.shared)).Body).to.equal("welcome");
    const answer = await rejection(new LambdaClient(settings).send(new InvokeCommand({ FunctionName: made.fn })));
    expect(answer.name).to.equal("AccessDeniedException");
  });

  it("change while the cloud runs", async () => {
    const { name, settings } = actingWith();
    const send = () =>
      new SQSClient(settings).send(new SendMessageCommand({ QueueUrl: made.queueUrl, MessageBody: "x" }));
    await rejection(send());
    const document = { Version: "2012-10-17", Statement: [allow("sqs:SendMessage", made.queue)] };
    test.cloud.iam.roles.putInline(name, "more", document);
    await send();
    const restore = test.cloud.iam.withhold(
      ({ owner }, action) => owner.endsWith(name) && action === "sqs:SendMessage",
    );
    await rejection(send());
    restore();
    await send();
    test.cloud.iam.roles.deleteInline(name, "more");
    await rejection(send());
  });

  it("of managed policies count too, and an unknown policy is reported", async () => {
    const failing = await startTestCloud();
    const failure = await rejection(
      failing.up(() => {
        const role = new aws.iam.Role("managed", { assumeRolePolicy: trustIn("lambda") });
        const policyArn = "arn:aws:iam::aws:policy/AdministratorAccess";
        new aws.iam.RolePolicyAttachment("attached", { role: role.name, policyArn });
      }),
    );
    expect(failure.message).to.include("can't enforce arn:aws:iam::aws:policy/AdministratorAccess");
    const { roleArn } = (await test.up(() => {
      const document = { Version: "2012-10-17" as const, Statement: [allow("sqs:SendMessage", made.queue)] };
      const policy = new aws.iam.Policy("send", { policy: JSON.stringify(document) });
      const role = new aws.iam.Role("attached", { assumeRolePolicy: trustIn("lambda") });
      new aws.iam.RolePolicyAttachment("attached", { role: role.name, policyArn: policy.arn });
      return { roleArn: role.arn };
    })) as { roleArn: string };
    const { endpoint, region, callers } = test.cloud;
    const client = new SQSClient({ endpoint, region, credentials: callers.issue({ name: "session", roleArn }) });
    await client.send(new SendMessageCommand({ QueueUrl: made.queueUrl, MessageBody: "x" }));
  });

  it("are missing if a role doesn't trust the service that is to assume it", async () => {
    const failing = await startTestCloud();
    const assumeRolePolicy = trustIn("ec2");
    const failure = await rejection(
      failing.up(() => {
        const role = new aws.iam.Role("for-machines", { assumeRolePolicy });
        codeFunction("stranger", "exports.handler = async () => 1;", { role: role.arn });
      }),
    );
    expect(failure.message).to.include("cannot be assumed by Lambda");
  });

  it("that are missing are logged, once", async () => {
    const { name, settings } = actingWith();
    const send = () =>
      new SQSClient(settings).send(new SendMessageCommand({ QueueUrl: made.queueUrl, MessageBody: "x" }));
    await Promise.all([rejection(send()), rejection(send())]);
    const said = () => test.logs.filter(({ source, line }) => source === "cloud" && line.includes(name));
    await until(() => said().length > 0);
    expect(said().map(({ line }) => line)).to.deep.equal([
      `arn:aws:sts::000000000000:assumed-role/${name}/session is not authorized to perform: sqs:SendMessage on resource: ${made.queue}`,
    ]);
  });
});

function program() {
  const queue = new aws.sqs.Queue("queue");
  const shared = new aws.sqs.Queue("shared");
  const statement = { Effect: "Allow", Principal: "*", Action: "sqs:SendMessage", Resource: shared.arn };
  new aws.sqs.QueuePolicy("shared", {
    queueUrl: shared.url,
    policy: pulumi.jsonStringify({ Version: "2012-10-17", Statement: [statement] }),
  });
  const topic = new aws.sns.Topic("topic");
  const bucket = new aws.s3.Bucket("bucket");
  new aws.s3.BucketObjectv2("object", { bucket: bucket.id, key: "there", content: "x" });
  const table = new aws.dynamodb.Table("table", {
    hashKey: "id",
    attributes: ["id", "kind"].map((name) => ({ name, type: "S" })),
    globalSecondaryIndexes: [{ name: "by-kind", hashKey: "kind", projectionType: "ALL" }],
  });
  const fn = codeFunction("fn", "exports.handler = async () => 1;");
  const group = workerGroup("group", workerTemplate("group"), { minSize: 0, maxSize: 1 });
  return {
    ...{ queue: queue.arn, queueUrl: queue.url, shared: shared.url, topic: topic.arn, bucket: bucket.id },
    ...{ table: table.name, tableArn: table.arn, fn: fn.name, fnArn: fn.arn, group: group.name },
    publisher: roleThatMay("publisher", ["sns:Publish"], topic.arn),
  };
}
