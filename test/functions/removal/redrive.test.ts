import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { ReceiveMessageCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import { expect } from "chai";
import { attributes, stringAttributes } from "../../../contract/messages/attributes";
import { encodeEnvelope, type RetryMark } from "../../../contract/messages/envelope";
import type { RedriveOutcomes } from "../../../contract/messages/redrive";
import { encodeRecord, type JobRecord } from "../../../contract/records/record";
import { countMessages } from "../../../functions/removal/countMessages";
import { createRedrive, readRedrive, type RedriveEffects } from "../../../functions/removal/redrive";
import { createInbox } from "../../../functions/shared/messages/inbox";
import { sendWith } from "../../../functions/shared/messages/sendWith";
import { createRecordTable } from "../../../functions/shared/tables/recordTable";
import { requeueIn } from "../../../functions/shared/tables/requeueRecord";
import { DynamoRecords } from "../../../worker-image/src/records/dynamoRecords";
import { Emulators } from "../support/emulators";

const failedAt = "2026-11-02T09:30:00.000Z";
const submittedAt = "2026-11-02T09:00:00.000Z";
const now = Date.parse("2026-11-02T10:00:00.000Z");

describe("redrive", () => {
  let aws: Emulators;
  let queueUrl: string;
  let deadLetterQueueUrl: string;
  let nudges: Record<string, number>[];
  let jobs = 0;
  let time: number;

  before(async () => {
    aws = await Emulators.start();
    await aws.createTable("jobs", "id");
  });
  after(() => aws.stop());
  beforeEach(async () => {
    time = now;
    nudges = [];
    queueUrl = await aws.createQueue(`jobs-${++jobs}`);
    deadLetterQueueUrl = await aws.createQueue(`letters-${jobs}`);
  });

  function effects(changes: Partial<RedriveEffects> = {}): RedriveEffects {
    return {
      queuesOf: (type) => Promise.resolve(type === "word-count" ? { queueUrl, deadLetterQueueUrl } : undefined),
      inbox: createInbox(aws.queues),
      sendBatch: sendWith(aws.queues),
      countHidden: countMessages(aws.queues, ["ApproximateNumberOfMessagesNotVisible"]),
      records: records(),
      nudge: (sent) => Promise.resolve(void nudges.push(sent)),
      now: () => time,
      pause: (milliseconds) => Promise.resolve(void (time += milliseconds)),
      random: () => 0,
      log: () => undefined,
      ...changes,
    };
  }

  const redrive = (ids: string[], changes: Partial<RedriveEffects> = {}, delaySeconds = 0): Promise<RedriveOutcomes> =>
    createRedrive(effects(changes))({ type: "word-count", ids, delaySeconds });

  const newId = () => `job-${jobs}-${Math.random().toString(36).slice(2)}`;
  const records = () => {
    const table = createRecordTable(aws.tables, "jobs");
    return { read: table.read, requeue: requeueIn(table) };
  };

  async function fail(id = newId(), fields: Partial<JobRecord> = {}): Promise<string> {
    const error = { name: "Error", message: "no" };
    const ended = { finishedAt: failedAt, expiresAt: 1, startedAt: failedAt, error, worker: "w0", messageId: "m0" };
    const record = { id, type: "word-count", state: "failed", attempts: 3, submittedAt, ...ended, ...fields } as const;
    await aws.tables.send(new PutItemCommand({ TableName: "jobs", Item: encodeRecord(record) }));
    const body = encodeEnvelope({ version: 1, id, type: "word-count", payload: { id }, submittedAt });
    const texts = { [attributes.type]: "word-count", [attributes.reason]: "no", [attributes.failedAt]: failedAt };
    const MessageAttributes = stringAttributes(texts);
    await aws.queues.send(
      new SendMessageCommand({ QueueUrl: deadLetterQueueUrl, MessageBody: body, MessageAttributes }),
    );
    return id;
  }

  /** Visible messages of a queue: ids and reasons. */
  /** The mark of the one message. */
  async function retryIn(QueueUrl: string): Promise<RetryMark> {
    const { Messages = [] } = await aws.queues.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 0 }));
    const { retry } = JSON.parse(Messages[0]!.Body!) as { retry: RetryMark };
    return retry;
  }

  async function idsIn(url: string): Promise<string[]> {
    const ids: string[] = [];
    for (;;) {
      const command = new ReceiveMessageCommand({
        ...{ QueueUrl: url, MaxNumberOfMessages: 10, VisibilityTimeout: 600, MessageAttributeNames: ["All"] },
      });
      const { Messages = [] } = await aws.queues.send(command);
      if (Messages.length === 0) return ids.sort();
      for (const { Body, MessageAttributes } of Messages) {
        expect(MessageAttributes![attributes.reason]!.StringValue).to.equal("no");
        ids.push((JSON.parse(Body!) as { id: string }).id);
      }
    }
  }

  it("sends the jobs' dead letters back, sets their records to queued with attempts from zero, and releases the other messages", async () => {
    const wanted = [await fail(), await fail()];
    const others: string[] = [];
    for (let count = 0; count < 25; count++) others.push(await fail());
    let nudgedAt: number | undefined;
    const nudge = (sent: Record<string, number>) => {
      nudgedAt = time;
      return Promise.resolve(void nudges.push(sent));
    };
    expect(await redrive(wanted, { nudge })).to.deep.equal(Object.fromEntries(wanted.map((id) => [id, "sent"])));
    // The clock goes on by pauses alone: what wakes the fleet waits for nothing, and comes before the answer.
    expect(nudgedAt).to.equal(now);
    expect(await idsIn(queueUrl)).to.deep.equal([...wanted].sort());
    expect(await idsIn(deadLetterQueueUrl)).to.deep.equal(others.sort());
    const retriedAt = new Date(now).toISOString();
    const record = await records().read(wanted[0]!);
    expect(record).to.include({ state: "queued", attempts: 0, retries: 1, retriedAt, submittedAt });
    expect(record).not.to.have.any.keys("finishedAt", "expiresAt", "error", "startedAt", "leaseUntil");
    expect(nudges).to.deep.equal([{ "word-count": 2 }]);
  });

  it("deletes all dead letters of a job whose data is removed, and sends nothing back", async () => {
    const [id, other] = [await fail(), await fail()];
    await fail(id, { state: "succeeded", result: 1 });
    const discard = createRedrive(effects());
    const wanted = { type: "word-count", ids: [id], delaySeconds: 0, isDiscarded: true };
    expect(await discard(wanted)).to.deep.equal({ [id]: "absent" });
    expect([await idsIn(queueUrl), await idsIn(deadLetterQueueUrl), nudges]).to.deep.equal([[], [other], []]);
    expect(await records().read(id)).to.include({ state: "succeeded" });
  });

  it("records who retried a job, and with which key", async () => {
    const id = await fail();
    const wanted = { type: "word-count", ids: [id], delaySeconds: 0, by: "ann", key: "k" };
    await createRedrive(effects())(wanted);
    expect(await records().read(id)).to.include({ retriedBy: "ann", retryKey: "k" });
  });

  it("delays a job as requested, and sends the scaler no nudge then", async () => {
    const id = await fail();
    expect(await redrive([id], {}, 600)).to.deep.equal({ [id]: "sent" });
    expect(await records().read(id)).to.include({ notBefore: new Date(now + 600_000).toISOString() });
    expect(await idsIn(queueUrl)).to.deep.equal([]);
    expect(nudges).to.deep.equal([]);
  });

  it("distinguishes a job without a dead letter from one whose dead letter is hidden, and waits for the latter", async () => {
    expect(await redrive(["none"])).to.deep.equal({ none: "absent" });
    const id = await fail();
    const hide = { QueueUrl: deadLetterQueueUrl, VisibilityTimeout: 600 };
    const { Messages } = await aws.queues.send(new ReceiveMessageCommand(hide));
    expect(await redrive([id])).to.deep.equal({ [id]: "held" });
    time = now;
    const release = async () => {
      const inbox = createInbox(aws.queues);
      const { MessageId, ReceiptHandle, Body } = Messages![0]!;
      const stray = { id: MessageId!, receiptHandle: ReceiptHandle!, body: Body!, attributes: {}, receiveCount: 1 };
      await inbox.release(deadLetterQueueUrl, [stray]);
    };
    expect(await redrive([id], { pause: release })).to.deep.equal({ [id]: "sent" });
    expect(await createRedrive(effects())({ type: "gone", ids: ["a"], delaySeconds: 0 })).to.deep.equal({
      a: "absent",
    });
  });

  it("sends nothing for a job that is no longer to be retried, and leaves its dead letter", async () => {
    const id = await fail(undefined, { state: "succeeded", result: 1 });
    expect(await redrive([id])).to.deep.equal({ [id]: "sent" });
    expect(await idsIn(queueUrl)).to.deep.equal([]);
    expect(await idsIn(deadLetterQueueUrl)).to.deep.equal([id]);
    expect(await records().read(id)).to.include({ state: "succeeded" });
  });

  it("sends one message for two calls at once, and both answers say so", async () => {
    for (let round = 0; round < 5; round++) {
      const id = await fail();
      const pause = () => new Promise<void>((resolve) => setImmediate(resolve));
      const both = await Promise.all([redrive([id], { pause }), redrive([id], { pause })]);
      expect(both).to.deep.equal([{ [id]: "sent" }, { [id]: "sent" }]);
      expect(await idsIn(queueUrl)).to.deep.equal([id]);
      expect(await idsIn(deadLetterQueueUrl)).to.deep.equal([]);
      expect(await records().read(id)).to.include({ state: "queued", retries: 1 });
    }
  });

  it("leaves the record to a worker that was quicker, even one whose attempt has failed again by then", async () => {
    const id = await fail();
    const workers = new DynamoRecords(aws.tables, "jobs");
    const job = { version: 1, id, type: "word-count", payload: 1, submittedAt } as const;
    const runs = { ...effects().records };
    runs.requeue = async (record, retry) => {
      const request = {
        job: { ...job, retry: await retryIn(queueUrl) },
        messageId: "m1",
        receiveCount: 1,
        isRedriven: true,
        worker: "w1",
        maxAttempts: 3,
        now,
      };
      const claim = await workers.claim({ ...request, leaseUntil: now + 30_000 });
      if (claim.outcome !== "started") throw new Error(claim.outcome);
      await workers.fail(claim.hold, { name: "Error", message: "again" }, now);
      return records().requeue(record, retry);
    };
    expect(await redrive([id], { records: runs })).to.deep.equal({ [id]: "sent" });
    const retriedAt = new Date(now).toISOString();
    const again = { state: "failed", error: { name: "Error", message: "again" }, retriedAt, retries: 1 };
    expect(await records().read(id)).to.deep.include(again);
  });

  for (const step of ["send", "record", "remove", "nudge"] as const) {
    it(`loses nothing if it is cut off at the ${step}: every queued job has a message`, async () => {
      const id = await fail();
      const cut = () => Promise.reject(new Error("cut off"));
      const own = effects();
      const cuts: Record<typeof step, Partial<RedriveEffects>> = {
        send: { sendBatch: cut },
        record: { records: { ...own.records, requeue: cut } },
        remove: { inbox: { ...own.inbox, remove: cut } },
        nudge: { nudge: cut },
      };
      const error = await redrive([id], cuts[step]).then(
        () => undefined,
        (failure: Error) => failure,
      );
      expect(error).to.be.an("error");
      const { state } = (await records().read(id))!;
      const waiting = await idsIn(queueUrl);
      const isSent = step !== "send";
      expect(waiting).to.deep.equal(isSent ? [id] : []);
      expect(state).to.equal(step === "remove" || step === "nudge" ? "queued" : "failed");
      // Whatever is left over, a worker takes the message once: the job runs, and its record says so.
      if (!isSent) return;
      const workers = new DynamoRecords(aws.tables, "jobs");
      const job = { version: 1, id, type: "word-count", payload: 1, submittedAt } as const;
      const request = { job, receiveCount: 1, isRedriven: true, maxAttempts: 3, now, leaseUntil: now + 30_000 };
      const claim = await workers.claim({ ...request, messageId: "m1", worker: "w1" });
      expect(claim).to.deep.include({ outcome: "started" });
      expect(await workers.claim({ ...request, messageId: "m2", worker: "w2" })).to.include({ outcome: "duplicate" });
    });
  }

  it("reads what to send back, within bounds", () => {
    expect(readRedrive({ tf: { action: "delete" } })).to.equal(undefined);
    expect(readRedrive(null)).to.equal(undefined);
    expect(readRedrive({ redrive: { type: "a", ids: ["x"], delaySeconds: 1e9 } })).to.deep.equal({
      ...{ type: "a", ids: ["x"], delaySeconds: 900, by: undefined, key: undefined, isDiscarded: undefined },
    });
    expect(() => readRedrive({ redrive: { type: "a" } })).to.throw("Expected `type` and `ids`");
  });
});
