import { expect } from "chai";
import { encodeEnvelope } from "../../../contract/messages/envelope";
import type { JobRecord } from "../../../contract/records/record";
import { type RepairEffects } from "../../../functions/repair/effects";
import { createRepair, typesOfThisRun } from "../../../functions/repair/repair";
import type { Inbox, QueuedMessage } from "../../../functions/shared/messages/inbox";
import type { QueueMessage } from "../../../functions/shared/messages/queueMessage";
import { checksum, wordCount } from "../support/fakeFrontend";
import { type LogLine, logTo } from "../support/logTo";

const now = Date.parse("2026-11-02T10:00:00Z");
const failures = "https://queues/failures";
const undelivered = "https://queues/undelivered";
const kept = "https://queues/kept";
const dead = wordCount.deadLetterQueueUrl;

function job(id: string, type = "word-count"): string {
  return encodeEnvelope({ version: 1, id, type, payload: {}, submittedAt: new Date(now).toISOString() });
}

/** Queues and records in memory. What was received stays hidden until it is released or removed. */
class World {
  readonly queues = new Map<string, QueuedMessage[]>([
    [failures, []],
    [undelivered, []],
    [kept, []],
    [dead, []],
  ]);
  readonly hidden = new Set<string>();
  readonly records = new Map<string, Partial<JobRecord>>();
  readonly unsent = new Map<string, { queue: string; message: string }>();
  readonly happened: string[] = [];
  readonly sent: QueueMessage[] = [];
  readonly lines: LogLine[] = [];
  /** At the unsent events. */
  looks = 0;
  remaining = 55_000;
  private last = 0;

  put(url: string, body: string, attributes: Record<string, string> = {}): string {
    const id = `m${++this.last}`;
    this.queues.get(url)!.push({ id, receiptHandle: id, body, attributes, receiveCount: 1 });
    return id;
  }

  left(url: string): string[] {
    return this.queues.get(url)!.map(({ id }) => id);
  }

  run(overrides: Partial<RepairEffects> = {}): Promise<void> {
    const jobTypes = {
      find: (type: string) => Promise.resolve(type === "word-count" ? wordCount : undefined),
      list: () => Promise.resolve([wordCount]),
    };
    const repair = createRepair({
      jobTypes,
      sendBatch: (queueUrl, messages) => {
        this.happened.push(`send ${queueUrl.split("/").pop()}`);
        this.sent.push(...messages);
        return Promise.resolve(messages.map(() => undefined));
      },
      inbox: this.inbox(),
      unsentEvents: {
        list: (after = "") => {
          this.looks++;
          const left = [...this.unsent].filter(([id]) => id > after).sort(([a], [b]) => (a < b ? -1 : 1));
          const events = left.slice(0, 10).map(([id, event]) => ({ id, ...event }));
          return Promise.resolve({ events, ...(left.length > 10 && { next: events.at(-1)!.id }) });
        },
        remove: (id) => Promise.resolve(void this.unsent.delete(id)),
      },
      records: {
        read: (id) => Promise.resolve(this.records.get(id) as JobRecord | undefined),
        fail: ({ id }) => {
          this.happened.push(`fail ${id}`);
          return Promise.resolve(true);
        },
        oldest: () => Promise.resolve({ ids: [] }),
      },
      unroutableQueueUrl: "https://queues/unroutable",
      failedEvents: [
        { name: "router failures", url: failures },
        { name: "undelivered", url: undelivered },
      ],
      now: () => now,
      pause: () => Promise.resolve(),
      random: () => 0.5,
      log: logTo(this.lines),
      ...overrides,
    });
    return repair({}, { getRemainingTimeInMillis: () => this.remaining });
  }

  private inbox(): Inbox {
    return {
      receive: (url) => {
        const messages = (this.queues.get(url) ?? []).filter(({ id }) => !this.hidden.has(id)).slice(0, 10);
        messages.forEach(({ id }) => this.hidden.add(id));
        return Promise.resolve(messages);
      },
      remove: (url, messages) => {
        this.happened.push(...messages.map(({ id }) => `remove ${id}`));
        const ids = messages.map(({ id }) => id);
        this.queues.set(
          url,
          this.queues.get(url)!.filter(({ id }) => !ids.includes(id)),
        );
        return Promise.resolve(messages.map(() => undefined));
      },
      release: (_url, messages) => {
        messages.forEach(({ id }) => this.hidden.delete(id));
        return Promise.resolve(messages.map(() => undefined));
      },
    };
  }
}

describe("repair", () => {
  let world: World;
  beforeEach(() => (world = new World()));

  const failure = (...messages: string[]) =>
    JSON.stringify({ requestPayload: { Records: messages.map((Message) => ({ Sns: { Message } })) } });
  const refuse = () => Promise.reject(new Error("throttled"));

  it("routes what the router failed at and what SNS could not deliver, then deletes it", async () => {
    world.put(failures, failure(job("a"), `[${job("b")},${job("c")}]`));
    world.put(undelivered, JSON.stringify({ Type: "Notification", Message: job("d") }));
    await world.run();
    expect(world.sent.map(({ id, queueUrl }) => [id, queueUrl])).to.deep.equal(
      ["a", "b", "c", "d"].map((id) => [id, wordCount.queueUrl]),
    );
    expect(world.happened).to.deep.equal(["send word-count", "remove m1", "send word-count", "remove m2"]);
    expect(world.lines.filter(({ event }) => event === "event-replayed")).to.have.length(2);
  });

  describe("of what the router kept", () => {
    const ids = (random = () => Math.random()) =>
      Math.floor(random() * 2 ** 32)
        .toString(16)
        .padStart(8, "0");
    const keep = (type: string, queue: string, at: number, id = ids()) =>
      world.unsent.set(id, {
        queue,
        message: at % 2 === 0 ? job(`${type}-${at}`, type) : `[${job(`${type}-${at}`, type)}]`,
      });
    const open = wordCount.queueUrl;
    const gone = "https://queues/gone";
    const find = (type: string) =>
      Promise.resolve(type === "word-count" ? wordCount : { ...wordCount, type, queueUrl: gone });
    const jobTypes = { find, list: () => Promise.resolve([]) };
    let asked: string[] = [];
    const sendBatch = (queueUrl: string, messages: QueueMessage[]) => {
      asked.push(queueUrl);
      if (queueUrl === gone) return refuse();
      world.sent.push(...messages);
      return Promise.resolve(messages.map(() => undefined));
    };
    beforeEach(() => (asked = []));

    it("routes all, and tries once while SQS still takes nothing", async () => {
      for (let at = 0; at < 250; at++) keep("word-count", open, at);
      let calls = 0;
      await world.run({ sendBatch: () => (calls++, refuse()) });
      // Three tries of one message, five pages from the begin, and five from anywhere on.
      expect([world.unsent.size, calls]).to.deep.equal([250, 3]);
      expect(world.looks).to.be.at.most(10);
      await world.run();
      expect(world.unsent.size).to.equal(0);
      expect(new Set(world.sent.map(({ id }) => id)).size).to.equal(250);
    });

    it("delays no other type for one whose queue is gone, and tries that queue once", async () => {
      for (let at = 0; at < 40; at++) keep(at % 2 === 0 ? "lost" : "word-count", at % 2 === 0 ? gone : open, at);
      await world.run({ sendBatch, jobTypes });
      expect([...world.unsent.values()].every(({ queue }) => queue === gone)).to.equal(true);
      expect(world.unsent.size).to.equal(20);
      expect(asked.filter((url) => url === gone)).to.have.length(3);
    });

    it("gets past any number of events that stay, after some runs", async () => {
      for (let at = 0; at < 1_000; at++) keep("lost", gone, at);
      // Behind the last page that a run comes to from the begin.
      for (let at = 0; at < 20; at++)
        keep(
          "word-count",
          open,
          at,
          ids(() => 0.5 + at / 40),
        );
      let runs = 0;
      while (world.sent.length < 20 && runs < 1_000) {
        runs++;
        await world.run({ sendBatch, jobTypes });
      }
      expect(world.sent).to.have.length(20);
      expect(world.unsent.size).to.equal(1_000);
      expect(world.looks).to.be.at.most(10 * (runs + 20));
    });
  });

  it("announces the end that it records, and one that is recorded already, before it deletes the dead letter", async () => {
    const announce = (record: JobRecord) => {
      world.happened.push(`announce ${record.id} ${record.state} ${record.error?.name}`);
      return Promise.resolve();
    };
    world.put(dead, job("a"));
    world.records.set("a", { id: "a", type: "word-count", state: "running", attempts: 1, leaseUntil: now });
    world.put(dead, job("b"));
    world.records.set("b", { id: "b", type: "word-count", state: "succeeded", attempts: 1 });
    await world.run({ announce });
    expect(world.happened).to.deep.equal([
      "send word-count-dead",
      "fail a",
      "announce a failed DeliveryGivenUp",
      "remove m1",
      "announce b succeeded undefined",
      "remove m2",
    ]);
  });

  it("publishes the events that workers kept, and stops if the topic still takes none", async () => {
    const told: string[] = [];
    const end = (id: string) => JSON.stringify({ id, type: "word-count", state: "succeeded", attempts: 1 });
    const ids = Array.from({ length: 25 }, (_, index) => `job-${index}`);
    for (const id of ids) world.put(kept, end(id));
    await world.run({ keptEventsUrl: kept, announce: refuse });
    expect(world.left(kept)).to.have.length(25);
    expect(world.lines.filter(({ event }) => event === "completion-event-not-published")).to.have.length(10);
    world.hidden.clear();
    world.put(kept, "no event");
    await world.run({ keptEventsUrl: kept, announce: async ({ id }) => void told.push(id) });
    expect(told.sort()).to.deep.equal(ids.sort());
    expect(world.left(kept)).to.deep.equal(["m26"]);
  });

  it("keeps the dead letter if its job's end can't be announced", async () => {
    world.put(dead, job("b"));
    world.records.set("b", { id: "b", type: "word-count", state: "succeeded", attempts: 1 });
    await world.run({ announce: refuse });
    expect(world.left(dead)).to.deep.equal(["m1"]);
  });

  it("leaves the message where one of its jobs can't be sent, and continues with others", async () => {
    world.put(failures, failure(job("a")));
    world.put(undelivered, JSON.stringify({ Message: job("b") }));
    await world.run({ sendBatch: refuse });
    expect([world.left(failures), world.left(undelivered)]).to.deep.equal([["m1"], ["m2"]]);
    const lines = world.lines.filter(({ event }) => event === "event-not-replayed");
    expect(lines.map(({ fields }) => fields.messageId)).to.deep.equal(["m1", "m2"]);
  });

  it("sends what holds no job to the unroutable queue, as the router does", async () => {
    for (const body of ["nonsense", "{}", failure("[]"), JSON.stringify({ requestPayload: { Records: [{}] } })]) {
      world.put(failures, body);
    }
    world.put(failures, failure(job("a", "gone")));
    await world.run();
    expect(new Set(world.sent.map(({ queueUrl }) => queueUrl))).to.deep.equal(new Set(["https://queues/unroutable"]));
    expect(world.sent).to.have.length(5);
    expect(world.left(failures)).to.deep.equal([]);
  });

  it("begins nothing for which too little time is left", async () => {
    world.put(failures, failure(job("a")));
    world.put(dead, job("b"));
    world.remaining = 20_000;
    await world.run();
    expect(world.happened).to.deep.equal([]);
  });

  it("adds a reason to dead letters without one, then a final state to their record, then deletes the original", async () => {
    world.put(dead, job("a"), { type: "word-count", trace: "x" });
    world.put(dead, job("b"), { reason: "it failed" });
    world.records.set("a", { id: "a", state: "queued", attempts: 2 });
    await world.run();
    expect(world.happened).to.deep.equal(["send word-count-dead", "fail a", "remove m1"]);
    expect(world.sent[0]!.body).to.equal(job("a"));
    const { type, attempt, trace, reason } = world.sent[0]!.attributes;
    expect([type, attempt, trace].map((each) => each!.StringValue)).to.deep.equal(["word-count", "2", "x"]);
    expect(reason!.StringValue).to.match(/^SQS gave the job up/);
    expect(world.left(dead)).to.deep.equal(["m2"]);
    expect([...world.hidden]).not.to.include("m2");
  });

  it("adds a reason to what is no job, or has no record, too", async () => {
    world.put(dead, "nonsense");
    world.put(dead, job("unknown"));
    await world.run();
    expect(world.happened).to.deep.equal(["send word-count-dead", "remove m1", "send word-count-dead", "remove m2"]);
  });

  it("deletes the dead letter of a job that has ended, and leaves that of a running one", async () => {
    world.put(dead, job("done"));
    world.put(dead, job("held"));
    world.put(dead, job("lost"));
    world.records.set("done", { id: "done", state: "succeeded" });
    world.records.set("held", { id: "held", state: "running", leaseUntil: now + 1 });
    world.records.set("lost", { id: "lost", state: "running", leaseUntil: now });
    await world.run();
    expect(world.happened).to.deep.equal(["remove m1", "send word-count-dead", "fail lost", "remove m3"]);
  });

  it("keeps a dead letter that can't be sent, whatever fails", async () => {
    world.put(dead, job("a"));
    await world.run({ sendBatch: refuse });
    expect(world.left(dead)).to.deep.equal(["m1"]);
    await world.run({ records: { read: refuse, fail: refuse, oldest: () => Promise.resolve({ ids: [] }) } });
    expect(world.left(dead)).to.deep.equal(["m1"]);
  });

  it("continues after a part that fails, and throws at the end", async () => {
    world.put(undelivered, JSON.stringify({ Message: job("b") }));
    const list = refuse;
    const error = await world
      .run({ jobTypes: { find: () => Promise.resolve(wordCount), list } })
      .catch((thrown: Error) => thrown);
    expect(error).to.have.property("message", "A part of the repair run failed");
    expect(world.left(undelivered)).to.deep.equal([]);
  });

  it("looks at the dead letters of many types in turn, and leaves none out", () => {
    const types = Array.from({ length: 35 }, (_, index) => ({ ...checksum, type: `t${index}` }));
    const seen = [0, 1, 2, 3].flatMap((minute) => typesOfThisRun(types, minute * 60_000));
    expect(typesOfThisRun(types, 0)).to.have.length(10);
    expect(new Set(seen.map(({ type }) => type)).size).to.equal(35);
    expect(typesOfThisRun(types.slice(0, 3), now)).to.have.length(3);
  });
});
