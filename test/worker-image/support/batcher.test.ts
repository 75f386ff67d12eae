import { expect } from "chai";
import { Batcher, type EntryFailure } from "../../../worker-image/src/support/batcher";
import { guardAgainstLeaks } from "../../support/leakGuard";
import { FakeClock, settled } from "../helpers/fakeClock";

function createBatcher(outcome: (entries: string[]) => EntryFailure[] | Error) {
  const clock = new FakeClock();
  const sent: string[][] = [];
  const batcher = new Batcher<string>({
    clock,
    maxEntries: 3,
    maxWaitMilliseconds: 50,
    async send(entries) {
      sent.push(entries);
      const result = outcome(entries);
      if (result instanceof Error) throw result;
      return result;
    },
  });
  const outcomes: Record<string, string> = {};
  const addFor = (waitMilliseconds: number | undefined, ...entries: string[]) => {
    for (const entry of entries) {
      batcher.add(entry, waitMilliseconds).then(
        () => (outcomes[entry] = "done"),
        (error: Error) => (outcomes[entry] = error.message),
      );
    }
  };
  const add = (...entries: string[]) => addFor(undefined, ...entries);
  return { clock, sent, outcomes, add, addFor, batcher };
}

describe("Batcher", () => {
  guardAgainstLeaks();

  it("sends at once what is full, and after 50 ms what isn't", async () => {
    const { clock, sent, outcomes, add } = createBatcher((entries) => entries.map(() => undefined));
    add("a", "b", "c", "d");
    expect(sent).to.deep.equal([["a", "b", "c"]]);
    await clock.advance(30);
    add("e");
    await clock.advance(19);
    expect(sent).to.have.length(1);
    await clock.advance(1);
    expect(sent[1]).to.deep.equal(["d", "e"]);
    expect(Object.keys(outcomes)).to.have.members(["a", "b", "c", "d", "e"]);
    expect(clock.pendingTimers).to.equal(0);
  });

  it("waits for as long as the most urgent entry may, and then sends all", async () => {
    const { clock, sent, add, addFor } = createBatcher((entries) => entries.map(() => undefined));
    addFor(5_000, "a");
    await clock.advance(4_000);
    expect(sent).to.deep.equal([]);
    add("b");
    await clock.advance(50);
    expect(sent).to.deep.equal([["a", "b"]]);
    addFor(5_000, "c");
    await clock.advance(4_999);
    expect(sent).to.have.length(1);
    await clock.advance(1);
    expect(sent).to.have.length(2);
    expect(clock.pendingTimers).to.equal(0);
  });

  it("flushes all that waits, and resolves when it is sent, whatever the outcome", async () => {
    const { clock, sent, outcomes, addFor, batcher } = createBatcher(() => new Error("throttled"));
    await batcher.flush();
    expect(sent).to.deep.equal([]);
    addFor(5_000, "a");
    await batcher.flush();
    await settled();
    expect([sent, outcomes]).to.deep.equal([[["a"]], { a: "throttled" }]);
    expect(clock.pendingTimers).to.equal(0);
  });

  it("reports to each caller its own entry's failure only", async () => {
    const { outcomes, add } = createBatcher((entries) =>
      entries.map((entry) => (entry === "b" ? new Error("no") : undefined)),
    );
    add("a", "b", "c");
    await settled();
    expect(outcomes).to.deep.equal({ a: "done", b: "no", c: "done" });
  });

  it("reports a call that failed to all callers, and continues", async () => {
    let calls = 0;
    const { outcomes, add } = createBatcher((entries) =>
      ++calls === 1 ? new Error("throttled") : entries.map(() => undefined),
    );
    add("a", "b", "c", "d", "e", "f");
    await settled();
    expect(outcomes).to.deep.equal({ a: "throttled", b: "throttled", c: "throttled", d: "done", e: "done", f: "done" });
  });
});
