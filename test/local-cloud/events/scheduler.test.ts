import { mock } from "node:test";
import {
  ConflictException,
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  DeleteScheduleCommand,
  GetScheduleCommand,
  ResourceNotFoundException,
  SchedulerClient,
  ValidationException,
} from "@aws-sdk/client-scheduler";
import * as aws from "@pulumi/aws";
import { expect } from "chai";
import { timingOf } from "../../../local-cloud/events/scheduleExpression";
import { Scheduler } from "../../../local-cloud/events/scheduler";
import { letSend, roleThatMay } from "../programs";
import { rejection, startTestCloud, type TestCloud } from "../support";

const at = (time: number) => `at(${new Date(time).toISOString().slice(0, 19)})`;

describe("EventBridge Scheduler in the local cloud", () => {
  let test: TestCloud;
  let client: SchedulerClient;
  let topicArn: string;
  let queueUrl: string;
  let deadUrl: string;
  let deadArn: string;
  let roleArn: string;

  before(async () => {
    test = await startTestCloud({ scheduleSeconds: 0.05 });
    const { accessKeyId, secretAccessKey } = test.cloud.credentials;
    client = new SchedulerClient({
      endpoint: test.cloud.endpoint,
      region: test.cloud.region,
      credentials: { accessKeyId, secretAccessKey },
    });
    const outputs = await test.up(() => {
      const topic = new aws.sns.Topic("topic");
      const queue = new aws.sqs.Queue("queue");
      const dead = new aws.sqs.Queue("dead");
      new aws.sns.TopicSubscription("subscription", { topic: topic.arn, protocol: "sqs", endpoint: queue.arn });
      new aws.scheduler.ScheduleGroup("group", { name: "group" });
      letSend("topic-queue", queue, topic);
      const roleArn = roleThatMay("publisher", ["sns:Publish", "sqs:SendMessage"], "*");
      return { topicArn: topic.arn, queueUrl: queue.url, deadUrl: dead.url, deadArn: dead.arn, roleArn };
    });
    ({ topicArn, queueUrl, deadUrl, deadArn, roleArn } = outputs as Record<string, string> as {
      topicArn: string;
      queueUrl: string;
      deadUrl: string;
      deadArn: string;
      roleArn: string;
    });
  });
  after(async () => {
    client?.destroy();
    await test?.stop();
  });

  function inputOf(Name: string, fields: Partial<CreateScheduleCommandInput> = {}, topic = topicArn) {
    return new CreateScheduleCommand({
      Name,
      GroupName: "group",
      ScheduleExpression: at(Date.now() + 3_600_000),
      FlexibleTimeWindow: { Mode: "OFF" },
      ActionAfterCompletion: "DELETE",
      Target: {
        Arn: "arn:aws:scheduler:::aws-sdk:sns:publish",
        RoleArn: roleArn,
        Input: JSON.stringify({
          TopicArn: topic,
          Message: `${Name} at <aws.scheduler.scheduled-time>: <aws.scheduler.execution-id>`,
          MessageAttributes: { type: { DataType: "String", StringValue: "echo" } },
        }),
        DeadLetterConfig: { Arn: deadArn },
      },
      ...fields,
    });
  }

  async function receive(url: string): Promise<Record<string, unknown>> {
    for (let tries = 0; tries < 10; tries++) {
      const { Messages = [] } = await test.cloud.calls.sqs<{ Messages?: { Body: string; ReceiptHandle: string }[] }>(
        "ReceiveMessage",
        { QueueUrl: url, WaitTimeSeconds: 1 },
      );
      const [message] = Messages;
      if (!message) continue;
      await test.cloud.calls.sqs("DeleteMessage", { QueueUrl: url, ReceiptHandle: message.ReceiptHandle });
      return JSON.parse(message.Body) as Record<string, unknown>;
    }
    throw new Error("Expected a message, got none");
  }

  it("publishes once at the time, and then is gone", async () => {
    const time = Math.ceil(Date.now() / 1_000) * 1_000;
    await client.send(inputOf("soon", { ScheduleExpression: at(time) }));
    const { Message, MessageAttributes } = await receive(queueUrl);
    expect(Date.now()).to.be.at.least(time);
    expect(Message).to.match(new RegExp(`^soon at ${new Date(time).toISOString().slice(0, 19)}Z: [0-9a-f]{16}$`));
    expect(MessageAttributes).to.deep.equal({ type: { Type: "String", Value: "echo" } });
    expect(await rejection(client.send(new GetScheduleCommand({ Name: "soon", GroupName: "group" })))).to.be.instanceOf(
      ResourceNotFoundException,
    );
  });

  it("keeps a schedule of next year, shows it, refuses its name to another, and deletes it", async () => {
    const ScheduleExpression = at(Date.now() + 365 * 86_400_000);
    const { ScheduleArn } = await client.send(inputOf("later", { ScheduleExpression }));
    expect(ScheduleArn).to.match(/:schedule\/group\/later$/);
    expect(await rejection(client.send(inputOf("later")))).to.be.instanceOf(ConflictException);
    const named = { Name: "later", GroupName: "group" };
    expect(await client.send(new GetScheduleCommand(named))).to.include({ ScheduleExpression, Arn: ScheduleArn });
    await client.send(new DeleteScheduleCommand(named));
    expect(await rejection(client.send(new DeleteScheduleCommand(named)))).to.be.instanceOf(ResourceNotFoundException);
  });

  it("puts what can't be published into the dead-letter queue", async () => {
    await client.send(inputOf("stray", { ScheduleExpression: at(Date.now() - 1_000) }, `${topicArn}-gone`));
    expect(await receive(deadUrl)).to.include({ TopicArn: `${topicArn}-gone` });
  });

  it("refuses what AWS refuses", async () => {
    expect(await rejection(client.send(inputOf("x", { GroupName: "none" })))).to.be.instanceOf(
      ResourceNotFoundException,
    );
    for (const ScheduleExpression of ["at(tomorrow)", "rate(0 minutes)", "cron(* * *)", "every day"]) {
      expect(await rejection(client.send(inputOf("x", { ScheduleExpression })))).to.be.instanceOf(ValidationException);
    }
    const Target = { Arn: "arn:aws:scheduler:::aws-sdk:sns:publish", RoleArn: "r", Input: "x".repeat(262_145) };
    expect(await rejection(client.send(inputOf("x", { Target })))).to.be.instanceOf(ValidationException);
  });

  it("repeats what the program's schedules say, until they are gone", async () => {
    await client.send(inputOf("again", { ScheduleExpression: "rate(5 minutes)", ActionAfterCompletion: "NONE" }));
    const messages = [await receive(queueUrl), await receive(queueUrl)].map(({ Message }) => Message as string);
    expect(new Set(messages.map((message) => message.split(": ")[1])).size).to.equal(2);
    await client.send(new DeleteScheduleCommand({ Name: "again", GroupName: "group" }));
    expect(test.cloud.scheduler.list()).to.deep.equal([]);
  });
});

describe("a schedule by cron", () => {
  beforeEach(() => mock.timers.enable({ apis: ["setTimeout", "Date"], now: Date.parse("2026-11-27T12:01:30Z") }));
  afterEach(() => mock.timers.reset());

  const settled = () => new Promise((resolve) => setImmediate(resolve));

  it("runs at its times, with each as the scheduled one, until it is gone", async () => {
    const calls: string[] = [];
    const scheduler = new Scheduler({
      ...{ region: "us-east-1", log: () => undefined, calls: {}, messaging: {} },
      ...{ iam: { mayAssume: () => true, roleMay: () => true }, outage: { over: () => Promise.resolve() } },
      lambdas: { invokeAsync: (_arn: string, text: string) => calls.push(text) },
    } as unknown as ConstructorParameters<typeof Scheduler>[0]);
    scheduler.createGroup("group");
    const Target = { Arn: "arn:aws:lambda:us-east-1:123456789012:function:f", Input: "<aws.scheduler.scheduled-time>" };
    const input = { Name: "often", GroupName: "group", ScheduleExpression: "cron(0/20 12-13 ? * * *)", Target };
    scheduler.create(input);
    scheduler.create({ ...input, Name: "over", ScheduleExpression: "cron(0 0 1 1 ? 2020)" });
    for (let minute = 0; minute < 70; minute++) mock.timers.tick(60_000);
    await settled();
    expect(calls).to.deep.equal([...["2026-11-27T12:20:00Z", "2026-11-27T12:40:00Z", "2026-11-27T13:00:00Z"]]);
    scheduler.delete("group", "often");
    for (let minute = 0; minute < 70; minute++) mock.timers.tick(60_000);
    await settled();
    expect(calls).to.have.length(3);
  });
});

describe("schedule expressions", () => {
  const next = (expression: string, timeZone?: string) => {
    const timing = timingOf(expression, timeZone);
    if (!("next" in timing)) throw new Error("Expected cron");
    return new Date(timing.next(Date.parse("2026-11-27T12:00:00Z"))!).toISOString();
  };

  it("have six fields of cron, days of the week counted from Sunday, and a time zone", () => {
    // 27 November 2026 is a Friday.
    expect(next("cron(0 8 ? * MON-FRI *)")).to.equal("2026-11-30T08:00:00.000Z");
    expect(next("cron(0 8 ? * 2-6 *)")).to.equal("2026-11-30T08:00:00.000Z");
    expect(next("cron(0 8 ? * 1 *)")).to.equal("2026-11-29T08:00:00.000Z");
    expect(next("cron(30 8 1 * ? *)", "Europe/Berlin")).to.equal("2026-12-01T07:30:00.000Z");
    expect(next("cron(0 0 1 1 ? 2028)")).to.equal("2028-01-01T00:00:00.000Z");
    expect(next("cron(0 9 L * ? *)")).to.equal("2026-11-30T09:00:00.000Z");
  });

  it("have steps that begin with a number, as EventBridge takes them", () => {
    expect(next("cron(0/15 * * * ? *)")).to.equal("2026-11-27T12:15:00.000Z");
  });

  it("have rates and single times", () => {
    expect(timingOf("rate(2 hours)")).to.deep.equal({ everySeconds: 7_200 });
    expect(timingOf("at(2026-12-01T08:00:00)", "Europe/Berlin")).to.deep.equal({
      at: Date.parse("2026-12-01T07:00:00Z"),
    });
  });
});
