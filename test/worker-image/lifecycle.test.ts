import { expect } from "chai";
import { Lifecycle, LifecycleEffects } from "../../worker-image/src/lifecycle";
import { FakeClock, settled } from "./support/fakeClock";
import { FakeLog } from "./support/doubles";

/** An instance whose metadata and group say what the test wants. */
function setUp(settings: Partial<LifecycleEffects["settings"]> = {}) {
  const clock = new FakeClock();
  const log = new FakeLog();
  const calls: string[] = [];
  const items: Record<string, string> = { "autoscaling/target-lifecycle-state": "InService" };
  const state = { isUp: true, backlog: 0, accepts: [] as boolean[], idleSince: undefined as number | undefined };
  const accept = async (call: string) => {
    calls.push(call);
    return state.accepts.shift() ?? true;
  };
  const lifecycle = new Lifecycle({
    settings: { idleSeconds: 0, drainSeconds: 100, ...settings },
    metadata: {
      read: async (path) => {
        if (!state.isUp) throw new Error("ECONNREFUSED");
        return items[path];
      },
    },
    findGroup: async () => ({
      complete: (hook) => accept(`complete ${hook}`),
      terminate: ({ lowersDesired }) => accept(`terminate ${lowersDesired}`),
    }),
    isStillNeeded: async () => state.backlog > 0,
    clock,
    random: () => 1,
    log: log.log,
  });
  const worker = {
    vitals: {
      get idleSince() {
        return state.idleSince;
      },
    },
    drain: (reason: string, seconds: number) => void calls.push(`drain ${reason} ${seconds}`),
  };
  return { clock, log, calls, items, state, lifecycle, begin: () => lifecycle.begin(worker) };
}

describe("Lifecycle", () => {
  it("completes the launch hook before the worker begins", async () => {
    const { lifecycle, calls, begin, clock, log } = setUp({ launchHook: "ready" });
    await begin();
    expect(calls).to.deep.equal(["complete ready"]);
    expect(log.events()).to.deep.equal(["launch-hook-completed"]);
    await lifecycle.end();
    expect(clock.pendingTimers).to.equal(0);
  });

  it("drains within a spot notice's time less a margin, then has the instance replaced", async () => {
    const { lifecycle, calls, items, begin, clock } = setUp({ terminateHook: "drained" });
    await begin();
    const time = new Date(clock.now() + 5_000 + 90_000).toISOString();
    items["spot/instance-action"] = JSON.stringify({ action: "terminate", time });
    await clock.advance(5_000);
    expect(calls).to.deep.equal(["drain spot-interruption 60"]);
    await clock.advance(20_000);
    await lifecycle.end();
    expect(calls.slice(1)).to.deep.equal(["terminate false", "complete drained"]);
    expect(clock.pendingTimers).to.equal(0);
  });

  it("hurries when a spot notice follows a recommendation to leave", async () => {
    const { lifecycle, calls, items, begin, clock } = setUp();
    await begin();
    items["events/recommendations/rebalance"] = "{}";
    await clock.advance(5_000);
    items["spot/instance-action"] = "not JSON";
    items["autoscaling/target-lifecycle-state"] = "Terminated";
    await clock.advance(10_000);
    expect(calls).to.deep.equal(["drain rebalance-recommendation 100", "drain spot-interruption 80"]);
    await lifecycle.end();
    expect(calls.slice(2)).to.deep.equal(["terminate false"]);
  });

  it("drains when its group terminates it, and waits for the hook to wait", async () => {
    const { lifecycle, calls, items, state, begin, clock } = setUp({ terminateHook: "drained" });
    items["autoscaling/target-lifecycle-state"] = "Terminated";
    await begin();
    expect(calls).to.deep.equal(["drain terminating 100"]);
    state.accepts.push(false, false);
    const end = lifecycle.end();
    await clock.advance(4_000);
    await end;
    expect(calls.slice(1)).to.deep.equal(Array(3).fill("complete drained"));
  });

  it("ends an instance that has been idle, unless jobs wait or the group is at its minimum", async () => {
    const { lifecycle, calls, state, begin, clock, log } = setUp({ idleSeconds: 60 });
    await begin();
    state.idleSince = clock.now();
    await clock.advance(55_000);
    expect(calls).to.deep.equal([]);
    state.backlog = 1;
    await clock.advance(10_000);
    expect(calls).to.deep.equal([]);
    state.backlog = 0;
    state.accepts.push(false);
    await clock.advance(5_000);
    expect(calls).to.deep.equal(["terminate true"]);
    expect(log.events()).to.deep.equal(["idle-instance-stays"]);
    await clock.advance(55_000);
    expect(calls).to.have.length(1);
    await clock.advance(5_000);
    expect(calls.slice(1)).to.deep.equal(["terminate true", "drain idle 100"]);
    await lifecycle.end();
  });

  it("does nothing without metadata, and says so once", async () => {
    const { lifecycle, calls, state, begin, clock, log } = setUp({ idleSeconds: 1 });
    state.isUp = false;
    await begin();
    await settled();
    await clock.advance(60_000);
    expect([calls, log.events(), clock.pendingTimers]).to.deep.equal([[], ["lifecycle-off"], 0]);
    await lifecycle.end();
  });

  it("warns when metadata fails later, and goes on", async () => {
    const { lifecycle, calls, items, state, begin, clock, log } = setUp();
    await begin();
    await settled();
    state.isUp = false;
    await clock.advance(15_000);
    expect(log.events()).to.deep.equal(["lifecycle-look-failed"]);
    state.isUp = true;
    items["autoscaling/target-lifecycle-state"] = "Terminated";
    await clock.advance(5_000);
    expect(calls).to.deep.equal(["drain terminating 100"]);
    await lifecycle.end();
  });
});
