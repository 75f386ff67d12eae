import { expect } from "chai";
import { Lifecycle, type LifecycleEffects } from "../../../worker-image/src/instance/lifecycle";
import { guardAgainstLeaks } from "../../support/leakGuard";
import { FakeLog } from "../helpers/doubles";
import { FakeClock, settled } from "../helpers/fakeClock";

/** An instance whose metadata and group say what the test wants. */
function setUp(settings: Partial<LifecycleEffects["settings"]> = {}) {
  const clock = new FakeClock();
  const log = new FakeLog();
  const calls: string[] = [];
  const items: Record<string, string> = { "autoscaling/target-lifecycle-state": "InService" };
  const state = {
    isUp: true,
    canLower: true,
    isSurplus: false,
    nudgeFails: false,
    accepts: [] as boolean[],
    idleSince: undefined as number | undefined,
    failingSince: undefined as number | undefined,
    busySlots: 0,
    isAlone: false,
    retire: () => {},
  };
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
      heartbeat: (hook) => accept(`heartbeat ${hook}`),
      terminate: ({ lowersDesired }) => accept(`terminate ${lowersDesired}`),
    }),
    chooseWhenIdle: async () => ({ canLower: state.canLower, isSurplus: state.isSurplus }),
    nudge: async (moreThan) => {
      if (state.nudgeFails) throw new Error("throttled");
      calls.push(moreThan === 0 ? "nudge" : `nudge if more than ${moreThan}`);
    },
    slots: 2,
    reports: {
      begin: (_worker, onRetire) => void (state.retire = onRetire),
      end: async () => void calls.push("last report"),
    },
    clock,
    random: () => 1,
    log: log.log,
  });
  const worker = {
    isDraining: false,
    get busySlots() {
      return state.busySlots;
    },
    get isAlone() {
      return state.isAlone;
    },
    vitals: {
      get failingSince() {
        return state.failingSince;
      },
      get idleSince() {
        return state.idleSince;
      },
    },
    drain: (reason: string, seconds: number) => void calls.push(`drain ${reason} ${seconds}`),
    retire: () => void calls.push("retire"),
  };
  return { clock, log, calls, items, state, lifecycle, begin: () => lifecycle.begin(worker) };
}

describe("Lifecycle", () => {
  guardAgainstLeaks();

  it("completes the launch hook before the worker begins", async () => {
    const { lifecycle, calls, begin, clock } = setUp({ launchHook: "ready" });
    await begin();
    expect(calls).to.deep.equal(["complete ready"]);
    await lifecycle.end();
    expect(lifecycle.isLeaving).to.equal(false);
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
    expect(calls.slice(1)).to.deep.equal(["terminate false", "nudge", "complete drained", "last report"]);
    expect(clock.pendingTimers).to.equal(0);
  });

  it("takes a spot notice's time by the wall clock, and never for longer than AWS gives", async () => {
    for (const [wallAheadMilliseconds, seconds] of [
      [3_600_000, 60],
      [-3_600_000, 80],
    ] as const) {
      const { lifecycle, calls, items, begin, clock } = setUp();
      await begin();
      const time = new Date(clock.now() + 5_000 + 90_000 + Math.max(0, wallAheadMilliseconds)).toISOString();
      clock.wallAheadMilliseconds = wallAheadMilliseconds;
      items["spot/instance-action"] = JSON.stringify({ action: "terminate", time });
      await clock.advance(5_000);
      expect(calls[0]).to.equal(`drain spot-interruption ${seconds}`);
      await lifecycle.end();
    }
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
    expect(calls.slice(2)).to.deep.equal(["terminate false", "nudge", "last report"]);
  });

  it("drains when its group terminates it, and waits for the hook to wait", async () => {
    const { lifecycle, calls, items, state, begin, clock } = setUp({ terminateHook: "drained" });
    items["autoscaling/target-lifecycle-state"] = "Terminated";
    await begin();
    expect(calls).to.deep.equal(["drain terminating 100"]);
    expect(lifecycle.isLeaving).to.equal(true);
    state.accepts.push(false, false);
    const end = lifecycle.end();
    await clock.advance(4_000);
    await end;
    expect(calls.slice(1)).to.deep.equal(["nudge", ...Array<string>(3).fill("complete drained"), "last report"]);
  });

  it("ends an instance that has been idle, unless it is needed or the group is at its minimum", async () => {
    const { lifecycle, calls, state, begin, clock, log } = setUp({ idleSeconds: 60 });
    await begin();
    state.idleSince = clock.now();
    await clock.advance(55_000);
    state.canLower = false;
    await clock.advance(10_000);
    expect(calls).to.deep.equal([]);
    expect(log.fieldsOf("idle-instance-kept").reason).to.match(/needs the instances/);
    state.canLower = true;
    state.idleSince = clock.now();
    state.accepts.push(false);
    await clock.advance(57_999);
    expect(calls).to.deep.equal([]);
    await clock.advance(1);
    expect(calls).to.deep.equal(["terminate true"]);
    expect(log.entries[1]?.fields.reason).to.match(/at its minimum/);
    state.accepts.push(false);
    await clock.advance(60_000);
    expect(log.entries).to.have.length(2);
    await clock.advance(61_000);
    expect(calls.slice(1)).to.deep.equal(["terminate true", "terminate true", "drain idle 100"]);
    await lifecycle.end();
  });

  it("asks less and less often while it stays, down to once a minute, and often again after each job", async () => {
    const { lifecycle, state, begin, clock, log } = setUp({ idleSeconds: 20 });
    const asked: number[] = [];
    await begin();
    const start = clock.now();
    Object.defineProperty(state, "canLower", { get: () => (asked.push((clock.now() - start) / 1_000), false) });
    state.idleSince = start;
    await clock.advance(245_000);
    expect(asked).to.deep.equal([18, 38, 78, 138, 198]);
    state.idleSince = clock.now();
    await clock.advance(20_000);
    expect(asked.at(-1)).to.equal(263);
    expect(log.events()).to.deep.equal(["idle-instance-kept", "idle-instance-kept"]);
    await lifecycle.end();
  });

  it("ends an idle instance beyond its group's desired capacity, without lowering that", async () => {
    const { lifecycle, calls, state, begin, clock, log } = setUp({ idleSeconds: 60 });
    await begin();
    Object.assign(state, { idleSince: clock.now(), canLower: false, isSurplus: true });
    await clock.advance(60_000);
    expect(calls).to.deep.equal(["terminate false", "drain idle 100"]);
    await lifecycle.end();
    expect(log.events()).to.deep.equal([]);
  });

  it("receives for one more second once its end is decided, and nudges only if a job came", async () => {
    for (const comes of [false, true]) {
      const { lifecycle, calls, state, begin, clock } = setUp({ idleSeconds: 20 });
      await begin();
      state.idleSince = clock.now();
      await clock.advance(18_000);
      expect(calls).to.deep.equal(["terminate true"]);
      expect(lifecycle.isLeaving).to.equal(true);
      if (comes) state.idleSince = undefined;
      await clock.advance(999);
      expect(calls).to.have.length(1);
      await clock.advance(1);
      expect(calls.slice(1)).to.deep.equal(["drain idle 100"]);
      await lifecycle.end();
      expect(calls.slice(2)).to.deep.equal([...(comes ? ["nudge"] : []), "last report"]);
      expect(clock.pendingTimers).to.equal(0);
    }
  });

  it("doesn't receive, and nudges, while its receives fail", async () => {
    const { lifecycle, calls, state, begin, clock } = setUp({ idleSeconds: 20 });
    await begin();
    Object.assign(state, { idleSince: clock.now(), failingSince: clock.now() });
    await clock.advance(18_000);
    expect(calls).to.deep.equal(["terminate true", "drain idle 100"]);
    await lifecycle.end();
    expect(calls.slice(2)).to.deep.equal(["nudge", "last report"]);
  });

  it("nudges where it can't tell whether a job came", async () => {
    const { lifecycle, calls, state, begin, clock } = setUp({ idleSeconds: 20 });
    await begin();
    state.idleSince = clock.now();
    await clock.advance(18_500);
    await lifecycle.end();
    await settled();
    expect(calls).to.deep.equal(["terminate true", "nudge", "last report"]);
    expect(clock.pendingTimers).to.equal(0);
  });

  it("ends an idle instance without lowering desired if lowering is refused", async () => {
    const { lifecycle, calls, state, begin, clock } = setUp({ idleSeconds: 60 });
    await begin();
    Object.assign(state, { idleSince: clock.now(), isSurplus: true, accepts: [false, true] });
    await clock.advance(60_000);
    expect(calls).to.deep.equal(["terminate true", "terminate false", "drain idle 100"]);
    await lifecycle.end();
  });

  it("retires when the scaler says so, and has itself replaced", async () => {
    const { lifecycle, calls, state, begin, clock } = setUp({ idleSeconds: 1, terminateHook: "drained" });
    await begin();
    state.retire();
    state.retire();
    state.idleSince = clock.now();
    await clock.advance(3_600_000);
    expect(calls).to.deep.equal(["retire"]);
    await lifecycle.end();
    expect(calls.slice(1)).to.deep.equal(["terminate false", "nudge", "complete drained", "last report"]);
    expect(clock.pendingTimers).to.equal(0);
  });

  for (const { item, text, reason, replaces } of [
    { item: "spot/instance-action", text: "{}", reason: "spot-interruption 80", replaces: ["terminate false"] },
    { item: "autoscaling/target-lifecycle-state", text: "Terminated", reason: "terminating 100", replaces: [] },
  ]) {
    it(`hurries while it retires: ${reason}`, async () => {
      const { lifecycle, calls, items, state, begin, clock } = setUp();
      await begin();
      await settled();
      state.retire();
      items[item] = text;
      await clock.advance(5_000);
      await lifecycle.end();
      expect(calls).to.deep.equal(["retire", `drain ${reason}`, ...replaces, "nudge", "last report"]);
    });
  }

  it("doesn't retire an instance that ends already", async () => {
    const { lifecycle, calls, items, state, begin } = setUp();
    items["autoscaling/target-lifecycle-state"] = "Terminated";
    await begin();
    await settled();
    state.retire();
    await lifecycle.end();
    expect(calls).to.deep.equal(["drain terminating 100", "nudge", "last report"]);
  });

  it("ends the instance though the scaler can't be nudged", async () => {
    const { lifecycle, calls, items, state, begin, log } = setUp({ terminateHook: "drained" });
    items["autoscaling/target-lifecycle-state"] = "Terminated";
    state.nudgeFails = true;
    await begin();
    await lifecycle.end();
    expect(calls.slice(1)).to.deep.equal(["complete drained", "last report"]);
    expect(log.entries.find(({ event }) => event === "scaler-not-nudged")?.level).to.equal("warn");
  });

  it("nudges where more jobs wait than its slots could take, at once when it is full and then each half minute", async () => {
    const { lifecycle, calls, state, begin, clock } = setUp();
    await begin();
    state.busySlots = 1;
    await clock.advance(60_000);
    expect(calls).to.deep.equal([]);
    state.busySlots = 2;
    await clock.advance(5_000);
    expect(calls).to.deep.equal(["nudge if more than 2"]);
    await clock.advance(25_000);
    expect(calls).to.have.length(1);
    await clock.advance(5_000);
    expect(calls).to.have.length(2);
    state.busySlots = 1;
    await clock.advance(60_000);
    expect(calls).to.have.length(2);
    state.isAlone = true;
    await clock.advance(5_000);
    expect(calls).to.have.length(3);
    await lifecycle.end();
  });

  it("sends no nudge once it is ending, and continues if the scaler can't be nudged", async () => {
    const { lifecycle, calls, items, state, begin, clock, log } = setUp();
    state.busySlots = 2;
    state.nudgeFails = true;
    await begin();
    await clock.advance(60_000);
    expect(log.events()).to.deep.equal(Array(3).fill("scaler-not-nudged"));
    state.nudgeFails = false;
    items["autoscaling/target-lifecycle-state"] = "Terminated";
    await clock.advance(60_000);
    expect(calls).to.deep.equal(["drain terminating 100"]);
    await lifecycle.end();
  });

  it("keeps the terminate hook waiting while it drains", async () => {
    const { lifecycle, calls, items, state, begin, clock } = setUp({ terminateHook: "drained", drainSeconds: 40_000 });
    items["autoscaling/target-lifecycle-state"] = "Terminated";
    await begin();
    state.accepts.push(false);
    await clock.advance(3 * 3_600_000);
    expect(calls.slice(1)).to.deep.equal(Array(3).fill("heartbeat drained"));
    await lifecycle.end();
    expect(clock.pendingTimers).to.equal(0);
  });

  it("keeps the launch hook waiting while the worker comes up, for half an hour", async () => {
    const { lifecycle, calls, begin, clock } = setUp({ launchHook: "ready" });
    lifecycle.prepare();
    await clock.advance(500_000);
    expect(calls).to.deep.equal(Array(2).fill("heartbeat ready"));
    await clock.advance(7_200_000);
    expect(calls).to.have.length(6);
    await begin();
    expect(calls.at(-1)).to.equal("complete ready");
    await lifecycle.end();
    expect(clock.pendingTimers).to.equal(0);
  });

  it("does nothing without metadata, and says so once", async () => {
    const { lifecycle, calls, state, begin, clock, log } = setUp({ idleSeconds: 1 });
    state.isUp = false;
    await begin();
    await settled();
    await clock.advance(60_000);
    expect([calls, log.events(), clock.pendingTimers]).to.deep.equal([[], ["lifecycle-disabled"], 0]);
    state.retire();
    expect(calls).to.deep.equal([]);
    await lifecycle.end();
  });

  it("warns when metadata fails later, and continues", async () => {
    const { lifecycle, calls, items, state, begin, clock, log } = setUp();
    await begin();
    await settled();
    state.isUp = false;
    await clock.advance(15_000);
    expect(log.events()).to.deep.equal(["metadata-read-failed"]);
    state.isUp = true;
    items["autoscaling/target-lifecycle-state"] = "Terminated";
    await clock.advance(5_000);
    expect(calls).to.deep.equal(["drain terminating 100"]);
    await lifecycle.end();
  });
});
