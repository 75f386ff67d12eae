import { expect } from "chai";
import fc from "fast-check";
import {
  chooseWhenIdle,
  type GroupView,
  type IdleView,
  isAlone,
  pauseBeforeAsking,
} from "../../../worker-image/src/instance/chooseWhenIdle";
import { guardAgainstLeaks } from "../../support/leakGuard";

function group(fields: Partial<Omit<GroupView, "instances">> & { ids?: string; states?: string[] }): GroupView {
  const { ids = "", states = [], ...rest } = fields;
  const instances = [...ids].map((id, index) => ({ id, lifecycleState: states[index] ?? "InService" }));
  return { minInstances: 0, maxInstances: 10, desired: instances.length, ...rest, instances };
}

function choose(fields: Partial<IdleView>) {
  return chooseWhenIdle({
    instanceId: "a",
    counts: { visible: 0, inFlight: 0 },
    groups: [group({ ids: "a" })],
    figures: { secondsPerJob: 10, targetLatencySeconds: 60 },
    slots: 2,
    prefetch: 0,
    timeoutSeconds: 100,
    ...fields,
  });
}

describe("pauseBeforeAsking", () => {
  it("is the idle time, or a little less, and then twice as long each time, up to a minute", () => {
    expect([0, 1, 2, 3, 9].map((times) => pauseBeforeAsking(20, times))).to.deep.equal([18, 20, 40, 60, 60]);
    expect([0, 1].map((times) => pauseBeforeAsking(300, times))).to.deep.equal([298, 60]);
    expect([0, 1].map((times) => pauseBeforeAsking(1, times))).to.deep.equal([0.9, 1]);
  });
});

describe("isAlone", () => {
  it("is true for the one instance of a type that wants no other", () => {
    const alone = (...groups: GroupView[]) => isAlone({ instanceId: "a", groups });
    expect(alone(group({ ids: "a" }))).to.equal(true);
    expect(alone(group({ ids: "a" }), group({}))).to.equal(true);
    expect(alone(group({ ids: "ab", states: ["InService", "Terminating:Wait"], desired: 1 }))).to.equal(true);
    expect(alone(group({ ids: "ab" }))).to.equal(false);
    expect(alone(group({ ids: "ab", desired: 1 }))).to.equal(false);
    expect(alone(group({ ids: "a", desired: 2 }))).to.equal(false);
    expect(alone(group({ ids: "a" }), group({ ids: "b", states: ["Pending:Wait"] }))).to.equal(false);
    expect(alone(group({ ids: "b" }))).to.equal(false);
    expect(alone()).to.equal(false);
  });
});

describe("chooseWhenIdle", () => {
  guardAgainstLeaks();

  it("ends the last instance once nothing is left to do", () => {
    expect(choose({})).to.deep.equal({ canLower: true, isSurplus: false });
    expect(choose({ counts: { visible: 1, inFlight: 0 } }).canLower).to.equal(false);
    expect(choose({ counts: { visible: 0, inFlight: 1 } }).canLower).to.equal(false);
    expect(choose({ groups: [group({ ids: "a", minInstances: 1 })] }).canLower).to.equal(false);
  });

  it("goes by what the fleet's jobs take, and assumes it before that is known", () => {
    const groups = [group({ ids: "abc" })];
    const counts = { visible: 20, inFlight: 0 };
    expect(choose({ groups, counts }).canLower).to.equal(true);
    expect(choose({ groups, counts, figures: { secondsPerJob: 30, targetLatencySeconds: 60 } }).canLower).to.equal(
      false,
    );
    expect(choose({ groups, counts, figures: {} }).canLower).to.equal(false);
    expect(choose({ groups, counts, figures: {}, timeoutSeconds: 1 }).canLower).to.equal(true);
  });

  it("counts all groups of the type: one on demand ends once spot carries the load", () => {
    const spot = group({ ids: "bc" });
    const onDemand = group({ ids: "a" });
    const counts = { visible: 3, inFlight: 4 };
    const figures = { secondsPerJob: 30, targetLatencySeconds: 60 };
    expect(choose({ groups: [spot, onDemand], counts, figures }).canLower).to.equal(true);
    expect(choose({ groups: [onDemand], counts, figures }).canLower).to.equal(false);
  });

  it("takes the minimum of all groups and the largest maximum", () => {
    const groups = [group({ ids: "ab", minInstances: 2, maxInstances: 3 }), group({ ids: "c", maxInstances: 2 })];
    expect(choose({ groups }).canLower).to.equal(true);
    expect(choose({ groups: [groups[0]!] }).canLower).to.equal(false);
    const figures = { secondsPerJob: 60, targetLatencySeconds: 1 };
    expect(choose({ groups, counts: { visible: 100, inFlight: 0 }, figures }).canLower).to.equal(false);
  });

  it("ends an instance beyond desired, if desired is enough", () => {
    const groups = [group({ ids: "ab", desired: 1, minInstances: 1 })];
    expect(choose({ groups })).to.deep.equal({ canLower: false, isSurplus: true });
    const counts = { visible: 100, inFlight: 0 };
    expect(choose({ groups, counts })).to.deep.equal({ canLower: false, isSurplus: false });
    const leaving = [group({ ids: "ab", states: ["InService", "Terminating:Wait"], desired: 1, minInstances: 1 })];
    expect(choose({ groups: leaving }).isSurplus).to.equal(false);
    const coming = [group({ ids: "ab", states: ["InService", "Pending:Wait"], desired: 1, minInstances: 1 })];
    expect(choose({ groups: coming }).isSurplus).to.equal(true);
    expect(choose({ groups, instanceId: "z" }).isSurplus).to.equal(false);
  });

  it("asks the queue alone where nothing scales the fleet", () => {
    expect(choose({ groups: [] })).to.deep.equal({ canLower: true, isSurplus: false });
    expect(choose({ groups: [], counts: { visible: 1, inFlight: 0 } }).canLower).to.equal(false);
  });

  it("never lets desired fall below one while a job waits", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 0, max: 50 }), (visible, slots) => {
        const view = { counts: { visible, inFlight: 0 }, slots: slots + 1, groups: [group({ ids: "a" })] };
        expect(choose(view).canLower).to.equal(false);
      }),
    );
  });
});
