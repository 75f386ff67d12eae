import {
  CreateQueueCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { expect } from "chai";
import { limits } from "../../../contract/limits";
import { type ReceivedMessage } from "../../../worker-image/src/queue/queue";
import { SqsQueue } from "../../../worker-image/src/queue/sqsQueue";
import { systemClock } from "../../../worker-image/src/support/clock";
import { credentials, region, startSqsAndS3 } from "../helpers/aws";
import { FakeClock } from "../helpers/fakeClock";

describe("SqsQueue", () => {
  let aws: Awaited<ReturnType<typeof startSqsAndS3>>;
  let client: SQSClient;
  let url: string;
  let queue: SqsQueue;

  before(async () => {
    aws = await startSqsAndS3();
    client = new SQSClient({ endpoint: aws.endpoint, region, credentials });
    const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: "dead-letters" }));
    url = aws.reachable(QueueUrl!);
    queue = new SqsQueue(client, {
      queueUrl: url,
      deadLetterQueueUrl: url,
      visibilityTimeoutSeconds: 30,
      clock: systemClock,
    });
  });

  after(async () => {
    client?.destroy();
    await aws?.close();
  });

  for (const { room, kept } of [
    { room: 0, kept: [] },
    { room: 30, kept: ["reason"] },
    { room: 1_000, kept: ["attempt", "failedAt", "frames", "reason", "type"] },
  ]) {
    it(`dead-letters a message that leaves ${room} bytes for attributes, with what fits`, async () => {
      const body = "x".repeat(limits.maxQueueMessageBytes - room);
      const failedAt = "2026-11-23T12:00:00.000Z";
      const frames = ["check (jobs/a.ts:1:1)", "handle (jobs/a.ts:2:2)"];
      await queue.deadLetter({ body, type: "thumbnail", reason: "no job", attempt: 1, failedAt, frames });
      const { Messages: messages = [] } = await client.send(
        new ReceiveMessageCommand({ QueueUrl: url, MessageAttributeNames: ["All"] }),
      );
      expect(messages).to.have.length(1);
      expect(messages[0]!.Body).to.have.length(body.length);
      expect(Object.keys(messages[0]!.MessageAttributes ?? {}).sort()).to.deep.equal(kept);
    });
  }

  it("says when it asked for a message, and when it got it", async () => {
    await client.send(new PurgeQueueCommand({ QueueUrl: url }));
    const before = systemClock.now();
    const receiving = queue.receive(1, new AbortController().signal);
    await client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: "late" }));
    const sentAt = systemClock.now();
    const [message] = await receiving;
    await queue.remove(message!);
    expect(message!.askedAt).to.be.within(before, sentAt);
    expect(message!.receivedAt).to.be.within(message!.askedAt, systemClock.now());
  });

  it("is quiet once it has had messages, while it listens, and while it has put none off", async () => {
    await client.send(new PurgeQueueCommand({ QueueUrl: url }));
    let now = systemClock.now();
    const options = { queueUrl: url, deadLetterQueueUrl: url, visibilityTimeoutSeconds: 30 };
    const own = new SqsQueue(client, { ...options, clock: { ...systemClock, now: () => now } });
    const stop = new AbortController();
    const idle = own.receive(1, stop.signal).catch(() => []);
    expect(own.isQuiet).to.equal(false);
    await client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: "job" }));
    const [message] = await idle;
    expect(own.isQuiet).to.equal(false);
    const listening = own.receive(1, stop.signal).catch(() => []);
    expect(own.isQuiet).to.equal(true);
    await own.hide(message!, 10);
    expect(own.isQuiet).to.equal(false);
    now += 10_000;
    expect(own.isQuiet).to.equal(true);
    stop.abort();
    await listening;
    const failing = new SqsQueue(client, { ...options, queueUrl: `${url}-gone`, clock: systemClock });
    await failing.receive(1, new AbortController().signal).catch(() => []);
    expect(failing.isQuiet).to.equal(false);
  });

  it("sends removals that no caller waits for together, or when it is flushed", async () => {
    await client.send(new PurgeQueueCommand({ QueueUrl: url }));
    for (let count = 0; count < 3; count++) {
      await client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: `${count}` }));
    }
    const clock = new FakeClock();
    const options = { queueUrl: url, deadLetterQueueUrl: url, visibilityTimeoutSeconds: 60 };
    const own = new SqsQueue(client, { ...options, clock });
    const messages = await own.receive(10, new AbortController().signal);
    let removed = 0;
    const removeLater = (message: ReceivedMessage) => own.removeLater(message).then(() => removed++);
    const removals = [removeLater(messages[0]!)];
    await clock.advance(4_000);
    removals.push(removeLater(messages[1]!));
    expect(removed).to.equal(0);
    await clock.advance(1_000);
    await Promise.all(removals);
    removals.push(removeLater(messages[2]!));
    await own.flush();
    await Promise.all(removals);
    expect([removed, clock.pendingTimers]).to.deep.equal([3, 0]);
  });

  it("sends removals and changes of visibility in batches, and reports the outcome of each entry", async () => {
    await client.send(new PurgeQueueCommand({ QueueUrl: url }));
    for (let count = 0; count < 12; count++) {
      await client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: `${count}` }));
    }
    const { signal } = new AbortController();
    const messages = [...(await queue.receive(10, signal)), ...(await queue.receive(10, signal))];
    const calls: string[] = [];
    client.middlewareStack.add(
      (next, { commandName }) =>
        (args) => {
          calls.push(String(commandName));
          return next(args);
        },
      { step: "initialize", name: "count" },
    );
    const unknown = { ...messages[0]!, receiptHandle: "no such handle" };
    const hidden = [queue.hide(messages[10]!, 0), queue.hide(messages[11]!, 0)];
    const removed = [...messages.slice(0, 9), unknown].map((message) => queue.remove(message));
    const outcomes = await Promise.allSettled([...hidden, ...removed]);
    expect(outcomes.slice(0, 11).map(({ status }) => status)).to.deep.equal(Array(11).fill("fulfilled"));
    expect(calls.sort()).to.deep.equal(["ChangeMessageVisibilityBatchCommand", "DeleteMessageBatchCommand"]);
    const last = outcomes[11]!;
    if (last.status === "rejected") expect((last.reason as Error).name).to.match(/ReceiptHandleIsInvalid|InvalidParam/);
    expect((await queue.receive(10, signal)).map(({ body }) => body).sort()).to.deep.equal(["10", "11"]);
  });
});
