import { expect } from "chai";
import { healthOf } from "../../worker-image/src/instance/health";
import { Worker } from "../../worker-image/src/worker";
import { guardAgainstLeaks } from "../support/leakGuard";
import { createDoubles, envelope, message } from "./helpers/doubles";
import { settled } from "./helpers/fakeClock";

/** A worker of two slots with two jobs at work. */
async function startWorker() {
  const doubles = createDoubles();
  const worker = new Worker({ ...doubles.effects, slots: 2 });
  let ended: { isClean: boolean } | undefined;
  const run = worker.run().then((end) => (ended = end));
  await settled();
  const receivedAt = doubles.clock.now();
  doubles.queue.put(
    message({ receivedAt, id: "a", job: envelope({ id: "job-a" }) }),
    message({ receivedAt, id: "b", job: envelope({ id: "job-b" }) }),
  );
  await settled();
  return { ...doubles, worker, run, ended: () => ended };
}

describe("Worker", () => {
  guardAgainstLeaks();

  it("drains: fetches no more, and lets running jobs finish", async () => {
    const { worker, queue, runner, clock, calls, ended, log } = await startWorker();
    worker.drain("SIGTERM");
    queue.put(message({ receivedAt: clock.now(), id: "c" }));
    for (const run of runner.runs) run.end({ kind: "succeeded", result: 1 });
    await settled();
    expect(ended()).to.deep.equal({ isClean: true });
    expect(calls.filter((call) => call.startsWith("claim"))).to.have.length(2);
    expect(calls).to.include.members(["remove a", "remove b"]);
    expect([runner.isClosed, clock.pendingTimers]).to.deep.equal([true, 0]);
    expect(log.events().slice(-1)).to.deep.equal(["worker-stopped"]);
  });

  it("ends, once the others have had their drain time, where a handler can't be killed, and says so meanwhile", async () => {
    const { worker, runner, clock, ended, calls } = await startWorker();
    runner.runs[0]!.end({ kind: "stopped", isStuck: true });
    await settled();
    expect(healthOf(worker, clock.now())).to.deep.include({ state: "draining" });
    expect(healthOf(worker, clock.now()).reason).to.include("can't be killed");
    expect([worker.isWedged, runner.runs[1]!.signal.aborted]).to.deep.equal([true, false]);
    await clock.advance(5_000);
    expect(calls).to.include.members(["giveBack #1"]);
    expect(ended()).to.deep.equal({ isClean: true });
  });

  it("gives back, after drainSeconds, what still runs", async () => {
    const { worker, runner, clock, calls, ended } = await startWorker();
    worker.drain("SIGTERM");
    runner.runs[0]!.end({ kind: "succeeded", result: 1 });
    await clock.advance(4_999);
    expect(runner.runs[1]!.signal.aborted).to.equal(false);
    expect(ended()).to.equal(undefined);
    await clock.advance(1);
    expect(calls.slice(-2)).to.deep.equal(["giveBack #1", "hide b 0"]);
    expect(ended()).to.deep.equal({ isClean: true });
    expect(clock.pendingTimers).to.equal(0);
  });

  it("gives back sooner where its instance has less time, also when it drains already", async () => {
    const { worker, clock, calls, ended } = await startWorker();
    worker.drain("rebalance-recommendation", 5);
    await clock.advance(1_000);
    worker.drain("spot-interruption", 2);
    await clock.advance(1_999);
    expect(calls.filter((call) => call.startsWith("giveBack"))).to.have.length(0);
    await clock.advance(1);
    expect(calls.filter((call) => call.startsWith("giveBack"))).to.have.length(2);
    expect(ended()).to.deep.equal({ isClean: true });
    expect(clock.pendingTimers).to.equal(0);
  });

  it("retires: fetches no more, and gives running jobs all the time they need", async () => {
    const { worker, queue, runner, clock, calls, ended, log } = await startWorker();
    worker.retire();
    worker.retire();
    expect(worker.isDraining).to.equal(true);
    queue.put(message({ receivedAt: clock.now(), id: "c" }));
    await clock.advance(90_000);
    expect(runner.runs.some(({ signal }) => signal.aborted)).to.equal(false);
    expect(calls).to.include("hide a 30");
    for (const run of runner.runs) run.end({ kind: "succeeded", result: 1 });
    await settled();
    expect(ended()).to.deep.equal({ isClean: true });
    expect(calls.filter((call) => call.startsWith("claim"))).to.have.length(2);
    expect(log.events().filter((event) => event.startsWith("worker-"))).to.deep.equal([
      "worker-started",
      "worker-retiring",
      "worker-stopped",
    ]);
    expect(clock.pendingTimers).to.equal(0);
  });

  it("retires no longer than a signal lets it, which counts as the first", async () => {
    const { worker, clock, calls, ended } = await startWorker();
    worker.retire();
    await clock.advance(60_000);
    worker.drain("SIGTERM");
    await clock.advance(4_999);
    expect(calls.filter((call) => call.startsWith("giveBack"))).to.have.length(0);
    await clock.advance(1);
    expect(calls.filter((call) => call.startsWith("giveBack"))).to.have.length(2);
    expect(ended()).to.deep.equal({ isClean: true });
  });

  it("asks before its first receive whether it may begin", async () => {
    const { effects, queue, calls } = createDoubles();
    queue.put(message({ receivedAt: 0 }));
    const onReady = async (ready: Worker) => ready.drain("terminating", 1);
    expect(await new Worker({ ...effects, slots: 1, onReady }).run()).to.deep.equal({ isClean: true });
    expect(calls).to.deep.equal([]);
  });

  it("gives back at once when it is told a second time", async () => {
    const { worker, calls, ended } = await startWorker();
    worker.drain("SIGTERM");
    worker.drain("SIGINT");
    await settled();
    expect(calls.filter((call) => call.startsWith("giveBack") || /^hide .* 0$/.test(call))).to.have.length(4);
    expect(ended()).to.deep.equal({ isClean: true });
  });

  it("ends all the same, and says so, when a job can't be given back", async () => {
    const { worker, clock, failures, log, ended } = await startWorker();
    for (let time = 0; time < 50; time++) failures.plan("giveBack");
    worker.drain("SIGTERM");
    await clock.advance(5_000 + 14_999);
    expect(ended()).to.equal(undefined);
    await clock.advance(1);
    expect(ended()).to.deep.equal({ isClean: false });
    expect(log.fieldsOf("worker-stopped")).to.include({ unfinishedJobs: 2 });
  });

  it("doesn't start with a handler that can't be used", async () => {
    const { effects, runner, queue } = createDoubles();
    runner.startError = new Error("There is no handler");
    queue.put(message({ receivedAt: 0 }));
    const outcome = await new Worker({ ...effects, slots: 1 }).run().catch((error: Error) => error.message);
    expect(outcome).to.equal("There is no handler");
  });

  it("drained before it has started, ends without fetching", async () => {
    const { effects, queue, calls } = createDoubles();
    queue.put(message({ receivedAt: 0 }));
    const worker = new Worker({ ...effects, slots: 1 });
    worker.drain("SIGTERM");
    expect(await worker.run()).to.deep.equal({ isClean: true });
    expect(calls).to.deep.equal([]);
  });

  it("survives receives that fail", async () => {
    const { effects, queue, failures, calls, clock, log } = createDoubles();
    failures.plan("receive");
    const worker = new Worker({ ...effects, slots: 1 });
    const run = worker.run();
    queue.put(message({ receivedAt: clock.now() }));
    await clock.advance(20_000);
    expect(log.fieldsOf("receive-failed")).to.include({ failuresInARow: 1 });
    expect(calls[0]).to.equal("claim job-1 of 3");
    worker.drain("test");
    worker.drain("test");
    await settled();
    expect(await run).to.deep.equal({ isClean: true });
  });

  it("hands back, unclaimed, what was fetched ahead", async () => {
    const { effects, queue, clock, calls, runner } = createDoubles();
    const worker = new Worker({ ...effects, settings: { ...effects.settings, prefetch: 2 }, slots: 1 });
    const run = worker.run();
    await settled();
    const ids = ["a", "b", "c"];
    queue.put(...ids.map((id) => message({ receivedAt: clock.now(), id, job: envelope({ id }) })));
    await clock.advance(10_000);
    expect(calls).to.have.members(["claim a of 3", "extend #1", "hide a 30", "hide b 30", "hide c 30"]);
    worker.retire();
    await settled();
    expect(calls.slice(-2)).to.deep.equal(["hide b 0", "hide c 0"]);
    runner.runs[0]!.end({ kind: "succeeded", result: 1 });
    expect(await run).to.deep.equal({ isClean: true });
    expect(calls.at(-1)).to.equal("remove a");
    expect(clock.pendingTimers).to.equal(0);
  });

  it("ends only once the last removals are sent", async () => {
    const { effects, queue, clock, runner } = createDoubles();
    const worker = new Worker({ ...effects, slots: 1 });
    let isEnded = false;
    const run = worker.run().then(() => (isEnded = true));
    queue.put(message({ receivedAt: clock.now() }));
    await settled();
    let answer = () => {};
    queue.flush = () => new Promise((resolve) => (answer = resolve));
    runner.runs[0]!.end({ kind: "succeeded", result: 1 });
    await settled();
    worker.drain("SIGTERM");
    await clock.advance(4_000);
    expect(isEnded).to.equal(false);
    answer();
    await run;
  });
});
