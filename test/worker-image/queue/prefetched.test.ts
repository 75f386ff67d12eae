import { expect } from "chai";
import { Prefetched } from "../../../worker-image/src/queue/prefetched";
import { guardAgainstLeaks } from "../../support/leakGuard";
import { createDoubles, message as createMessage, settings } from "../helpers/doubles";

/** One message that waits for a slot, hidden for 30 s. */
function setUp(fields: Partial<typeof settings> = {}) {
  const doubles = createDoubles();
  const { queue, clock, log, calls } = doubles;
  const prefetched = new Prefetched({ ...settings, ...fields, queue, clock, log: log.log });
  const message = createMessage({ receivedAt: clock.now(), id: "m" });
  prefetched.keep(message);
  return { ...doubles, prefetched, message, calls };
}

describe("Prefetched", () => {
  guardAgainstLeaks();

  it("extends the visibility of what waits, every third of it, each message in its turn", async () => {
    const { prefetched, message, clock, calls } = setUp();
    await clock.advance(4_000);
    const other = createMessage({ receivedAt: clock.now(), id: "n" });
    prefetched.keep(other);
    await clock.advance(20_500);
    expect(calls).to.deep.equal(["hide m 30", "hide n 30", "hide m 30", "hide n 30"]);
    expect(await prefetched.take(message)).to.equal(true);
    expect(await prefetched.take(other)).to.equal(true);
    expect(clock.pendingTimers).to.equal(0);
  });

  it("lets a message run that never had to wait", async () => {
    const { prefetched, clock, calls } = setUp();
    expect(await prefetched.take(createMessage({ receivedAt: clock.now() }))).to.equal(true);
    expect(calls).to.deep.equal([]);
  });

  it("continues when an extension fails, and makes up for it before the message is run", async () => {
    const { prefetched, message, clock, calls, failures, log } = setUp();
    failures.plan("hide");
    await clock.advance(16_000);
    expect(log.events()).to.deep.equal(["heartbeat-failed"]);
    expect(await prefetched.take(message)).to.equal(true);
    expect(calls).to.deep.equal(["hide m 30", "hide m 30"]);
  });

  it("releases, untouched, a message that may have become visible", async () => {
    const { prefetched, message, clock, calls, failures, log } = setUp();
    for (let time = 0; time < 3; time++) failures.plan("hide");
    await clock.advance(27_000);
    expect(await prefetched.take(message)).to.equal(false);
    expect(calls).to.have.length(2);
    expect(log.fieldsOf("message-released").messageId).to.equal("m");
  });

  it("doesn't run, but gives back, what it can't extend in time", async () => {
    const { prefetched, message, clock, calls, failures } = setUp();
    failures.plan("hide");
    await clock.advance(16_000);
    failures.plan("hide");
    expect(await prefetched.take(message)).to.equal(false);
    expect(calls.at(-1)).to.equal("hide m 0");
  });

  it("gives back at once, and leaves alone what may be visible", async () => {
    const early = setUp();
    await early.clock.advance(5_000);
    await early.prefetched.giveBack(early.message);
    expect([early.calls, early.clock.pendingTimers]).to.deep.equal([["hide m 0"], 0]);
    const late = setUp();
    for (let time = 0; time < 3; time++) late.failures.plan("hide");
    await late.clock.advance(28_000);
    late.calls.length = 0;
    await late.prefetched.giveBack(late.message);
    expect(late.calls).to.deep.equal([]);
  });

  it("waits for the extension under way, which a later call must not be undone by", async () => {
    const { prefetched, message, clock, queue, calls } = setUp();
    let answer = () => {};
    queue.hide = async (_message, seconds) => {
      calls.push(`hide ${seconds}`);
      if (calls.length === 1) await new Promise<void>((resolve) => (answer = resolve));
    };
    await clock.advance(10_000);
    const done = prefetched.giveBack(message);
    expect(calls).to.deep.equal(["hide 30"]);
    answer();
    await done;
    expect(calls).to.deep.equal(["hide 30", "hide 0"]);
  });

  it("doesn't run what waited so long that its timeout no longer fits the 12 hours", async () => {
    const { prefetched, message, clock, calls } = setUp({ timeoutSeconds: 42_600 });
    await clock.advance(540_000);
    expect(await prefetched.take(message)).to.equal(true);
    const late = createMessage({ receivedAt: clock.now() - 541_000, id: "late" });
    prefetched.keep(late);
    calls.length = 0;
    expect(await prefetched.take(late)).to.equal(false);
    expect(calls).to.deep.equal([]);
  });
});
