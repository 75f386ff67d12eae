import { expect } from "chai";
import { attributes } from "../../../contract/messages/attributes";
import { createDrainRemovedType } from "../../../functions/removal/drainRemovedType";
import type { QueuedMessage } from "../../../functions/shared/messages/inbox";
import type { QueueMessage } from "../../../functions/shared/messages/queueMessage";

/** Queues in memory, and a clock that moves only where the function waits. */
class FakeQueues {
  seconds = 0;
  readonly waiting = new Map<string, QueuedMessage[]>();
  readonly received = new Set<QueuedMessage>();
  readonly moved: QueueMessage[] = [];
  hidden: () => number = () => 0;
  isListed = false;
  onPause: () => void = () => undefined;
  refuses = false;
  private readonly handle = createDrainRemovedType({
    isListed: () => Promise.resolve(this.isListed),
    inbox: {
      receive: (url) => {
        const seen = (this.waiting.get(url) ?? []).filter((each) => !this.received.has(each)).slice(0, 10);
        seen.forEach((each) => this.received.add(each));
        return Promise.resolve(seen);
      },
      remove: (url, messages) => {
        const left = (this.waiting.get(url) ?? []).filter((each) => !messages.includes(each));
        this.waiting.set(url, left);
        return Promise.resolve(messages.map(() => undefined));
      },
    },
    count: (url) => Promise.resolve((this.waiting.get(url) ?? []).length + (url === "q" ? this.hidden() : 0)),
    sendBatch: (_url, messages) => {
      if (this.refuses) return Promise.reject(new Error("no"));
      this.moved.push(...messages);
      return Promise.resolve(messages.map(() => undefined));
    },
    unroutableQueueUrl: "unroutable",
    now: () => this.seconds * 1_000,
    pause: (milliseconds) => {
      this.seconds += milliseconds / 1_000;
      this.onPause();
      return Promise.resolve();
    },
    random: () => 0,
    log: () => undefined,
  });

  put(url: string, id: string, texts: Record<string, string> = {}): void {
    const body = JSON.stringify({ version: 1, id, type: "thumbnail", payload: {} });
    const message = { id, receiptHandle: id, body, attributes: { type: "thumbnail", ...texts }, receiveCount: 1 };
    this.waiting.set(url, [...(this.waiting.get(url) ?? []), message]);
  }

  call(action: string, seconds = 300): Promise<{ moved: number }> {
    const event = { type: "thumbnail", queueUrls: ["q", "d"], tf: { action } };
    return this.handle(event, { getRemainingTimeInMillis: () => (seconds - this.seconds) * 1_000 });
  }
}

describe("drainRemovedType", () => {
  let queues: FakeQueues;
  beforeEach(() => (queues = new FakeQueues()));

  it("moves waiting messages to the unroutable queue, dead letters with their reasons", async () => {
    queues.put("q", "a");
    const failedAt = "2026-11-01T00:00:00.000Z";
    const letter = { [attributes.reason]: "it failed", [attributes.failedAt]: failedAt, [attributes.attempt]: "3" };
    queues.put("d", "b", letter);
    expect(await queues.call("delete")).to.deep.equal({ moved: 2 });
    expect(queues.moved.map(({ id, queueUrl }) => [id, queueUrl])).to.deep.equal([
      ["a", "unroutable"],
      ["b", "unroutable"],
    ]);
    expect(queues.moved.map((message) => message.attributes[attributes.reason]!.StringValue)).to.deep.equal([
      "The processor of jobs of type thumbnail was removed",
      "it failed",
    ]);
    const texts = Object.entries(queues.moved[1]!.attributes).map(([name, { StringValue }]) => [name, StringValue]);
    expect(Object.fromEntries(texts)).to.deep.equal({ ...letter, type: "thumbnail" });
    expect([...queues.waiting.values()].flat()).to.deep.equal([]);
  });

  it("waits for jobs that functions may still send, as long as they may know the type", async () => {
    queues.onPause = () => {
      if (queues.seconds === 59) queues.put("q", "late");
    };
    expect(await queues.call("delete")).to.deep.equal({ moved: 1 });
    expect(queues.seconds).to.be.at.least(60);
  });

  it("believes no single count, since SQS's are approximate", async () => {
    queues.hidden = () => (queues.seconds === 60 ? 0 : 1);
    const failure = await queues.call("delete").catch((error: Error) => error.message);
    expect(failure).to.match(/got 1 messages/);
  });

  it("fails while messages stay hidden, so that their queue is not deleted", async () => {
    queues.hidden = () => 2;
    const failure = await queues.call("delete").catch((error: Error) => error.message);
    expect(failure).to.match(/removed type thumbnail .* got 2 messages/);
  });

  it("fails where the jobs can't be moved, and leaves them", async () => {
    queues.put("q", "a");
    queues.refuses = true;
    expect(await queues.call("delete").catch((error: Error) => error.message)).to.equal("no");
    expect(queues.waiting.get("q")).to.have.length(1);
  });

  it("does nothing while the type exists: the resource that invokes it may only be replaced", async () => {
    queues.put("q", "a");
    queues.isListed = true;
    expect(await queues.call("delete")).to.deep.equal({ moved: 0 });
    queues.isListed = false;
    for (const action of ["create", "update"]) expect(await queues.call(action)).to.deep.equal({ moved: 0 });
    expect(queues.waiting.get("q")).to.have.length(1);
  });
});
