import { setTimeout as sleep } from "node:timers/promises";
import { PublishCommand } from "@aws-sdk/client-sns";
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { letSend } from "../programs";
import { receive, rejection, startTestCloud, type TestCloud, until } from "../support";

describe("local queues and topics", () => {
  let test: TestCloud;
  before(async () => {
    test = await startTestCloud();
  });
  after(() => test.stop());

  it("creates a queue whose URL works as it is, under AWS's own kind of name", async () => {
    const { url, arn, name } = await test.up(() => {
      const queue = new aws.sqs.Queue("orders", { visibilityTimeoutSeconds: 7 });
      return { url: queue.url, arn: queue.arn, name: queue.name };
    });
    expect(name).to.match(/^orders-[0-9a-f]{7}$/);
    expect(url).to.equal(`${test.cloud.endpoint}/000000000000/${String(name)}`);
    expect(arn).to.equal(`arn:aws:sqs:us-east-1:000000000000:${String(name)}`);
    await test.sqs.send(new SendMessageCommand({ QueueUrl: String(url), MessageBody: "smile 😀" }));
    const elsewhere = new SQSClient({
      ...{ region: test.cloud.region, credentials: test.cloud.credentials },
      endpoint: test.cloud.endpoint.replace("127.0.0.1", "localhost"),
    });
    const QueueUrl = String(url).replace("127.0.0.1", "localhost");
    const { Messages = [] } = await elsewhere.send(new ReceiveMessageCommand({ QueueUrl }));
    expect(Messages[0]!.Body).to.equal("smile 😀");
    elsewhere.destroy();
  });

  it("answers CreateQueue and ListQueues over the wire with such URLs", async () => {
    const { QueueUrl } = await test.sqs.send(new CreateQueueCommand({ QueueName: "by-hand" }));
    expect(QueueUrl).to.equal(`${test.cloud.endpoint}/000000000000/by-hand`);
  });

  it("delivers from a topic to a queue, and a poisoned message to the dead-letter queue", async () => {
    const outputs = await test.up(() => {
      const topic = new aws.sns.Topic("news");
      const dead = new aws.sqs.Queue("dead");
      const redrivePolicy = pulumi.jsonStringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 1 });
      const queue = new aws.sqs.Queue("reader", { redrivePolicy });
      letSend("news-reader", queue, topic);
      new aws.sns.TopicSubscription("to-reader", { topic: topic.arn, protocol: "sqs", endpoint: queue.arn });
      return { topic: topic.arn, queue: queue.url, dead: dead.url };
    });
    const [topic, queue, dead] = [String(outputs.topic), String(outputs.queue), String(outputs.dead)];
    await test.sns.send(new PublishCommand({ TopicArn: topic, Message: "hello" }));
    const message = await receive(test.sqs, queue);
    expect(JSON.parse(message.Body!)).to.include({ Type: "Notification", Message: "hello", TopicArn: topic });
    const handle = message.ReceiptHandle!;
    await test.sqs.send(
      new ChangeMessageVisibilityCommand({ QueueUrl: queue, ReceiptHandle: handle, VisibilityTimeout: 0 }),
    );
    await test.sqs.send(new ReceiveMessageCommand({ QueueUrl: queue }));
    expect((await receive(test.sqs, dead)).MessageId).to.equal(message.MessageId);
  });

  it("doesn't let an aborted long poll swallow a message", async () => {
    const { QueueUrl } = await test.sqs.send(new CreateQueueCommand({ QueueName: "polled" }));
    const abort = new AbortController();
    const poll = new ReceiveMessageCommand({ QueueUrl: QueueUrl!, WaitTimeSeconds: 20 });
    const aborted = rejection(test.sqs.send(poll, { abortSignal: abort.signal }));
    await sleep(100);
    abort.abort();
    await aborted;
    await test.sqs.send(new SendMessageCommand({ QueueUrl: QueueUrl!, MessageBody: "kept" }));
    const message = await receive(test.sqs, QueueUrl!);
    expect(message.Body).to.equal("kept");
    expect(message.Attributes!.ApproximateReceiveCount).to.equal("1");
  });

  it("wakes one of several long polls for one message", async () => {
    const { QueueUrl } = await test.sqs.send(new CreateQueueCommand({ QueueName: "shared" }));
    const abort = new AbortController();
    const counts: number[] = [];
    const polls = [1, 2, 3].map(async () => {
      const poll = new ReceiveMessageCommand({ QueueUrl: QueueUrl!, WaitTimeSeconds: 20 });
      const { Messages = [] } = await test.sqs.send(poll, { abortSignal: abort.signal });
      counts.push(Messages.length);
    });
    await until(() => test.cloud.messaging.queue("shared")!.pollWaiters.length === 3);
    await test.sqs.send(new SendMessageCommand({ QueueUrl: QueueUrl!, MessageBody: "one" }));
    await Promise.race(polls);
    await sleep(100);
    // The other two wait on.
    expect(counts).to.deep.equal([1]);
    abort.abort();
    await Promise.allSettled(polls);
  });

  it("counts a message as visible once its visibility timeout is over", async () => {
    const { QueueUrl } = await test.sqs.send(new CreateQueueCommand({ QueueName: "counted" }));
    await test.sqs.send(new SendMessageCommand({ QueueUrl: QueueUrl!, MessageBody: "x" }));
    await test.sqs.send(new ReceiveMessageCommand({ QueueUrl: QueueUrl!, VisibilityTimeout: 1 }));
    const counts = async () =>
      (await test.sqs.send(new GetQueueAttributesCommand({ QueueUrl: QueueUrl!, AttributeNames: ["All"] })))
        .Attributes!;
    expect(await counts()).to.include({ ApproximateNumberOfMessages: "0", ApproximateNumberOfMessagesNotVisible: "1" });
    await sleep(1_050);
    expect(await counts()).to.include({ ApproximateNumberOfMessages: "1", ApproximateNumberOfMessagesNotVisible: "0" });
  });

  it("injects faults by service and action, as often as asked", async () => {
    const { QueueUrl } = await test.sqs.send(new CreateQueueCommand({ QueueName: "faulty" }));
    test.cloud.faults.add({ service: "sqs", action: "SendMessageBatch", times: 1, status: 400, code: "AccessDenied" });
    const send = () =>
      test.sqs.send(new SendMessageBatchCommand({ QueueUrl: QueueUrl!, Entries: [{ Id: "1", MessageBody: "x" }] }));
    expect((await rejection(send())).name).to.equal("AccessDenied");
    expect((await send()).Successful).to.have.length(1);
    const remove = test.cloud.faults.add({
      service: "sns",
      action: "Publish",
      status: 403,
      code: "AuthorizationError",
    });
    const publish = () =>
      test.sns.send(new PublishCommand({ TopicArn: "arn:aws:sns:us-east-1:000000000000:x", Message: "x" }));
    expect((await rejection(publish())).name).to.contain("AuthorizationError");
    remove();
    expect((await rejection(publish())).name).to.contain("NotFound");
  });
});
