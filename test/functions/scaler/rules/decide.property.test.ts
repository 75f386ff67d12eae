import { expect } from "chai";
import fc from "fast-check";
import { decide } from "../../../../functions/scaler/rules/decide";
import {
  type FleetView,
  type Group,
  groupsOf,
  inService,
  type Launch,
  liveCount,
  total,
} from "../../../../functions/scaler/rules/fleetView";
import { now, scaledType, view } from "../../support/fleetViews";

const time = fc.integer({ min: now - 4_000_000, max: now + 1_000_000 });
const past = fc.integer({ min: now - 4_000_000, max: now - 1 });

function groups(name: string, maxInstances: number): fc.Arbitrary<Group> {
  return fc
    .record({
      minInstances: fc.nat(name === "group" ? maxInstances : 0),
      extra: fc.nat(maxInstances),
      instances: fc.array(
        fc.record({
          lifecycleState: fc.constantFrom(
            ...["Pending", "Pending:Wait", "Pending:Proceed", "InService", "Terminating:Wait", "Terminating"],
          ),
          isHealthy: fc.boolean(),
          templateVersion: fc.constantFrom("1", "2", undefined),
        }),
        { maxLength: maxInstances },
      ),
    })
    .map(({ minInstances, extra, instances }) => ({
      name,
      minInstances,
      maxInstances,
      desired: Math.min(minInstances + extra, maxInstances),
      templateVersion: "2",
      instances: instances.map((each, index) => ({ ...each, id: `${name}-${index}` })),
    }));
}

const views: fc.Arbitrary<FleetView> = fc.integer({ min: 1, max: 12 }).chain((maxInstances) =>
  fc
    .record(
      {
        counts: fc.record({ visible: fc.nat(500), inFlight: fc.nat(100) }),
        sent: fc.nat(100),
        group: groups("group", maxInstances),
        onDemandGroup: fc.option(groups("on-demand", maxInstances), { nil: undefined }),
        state: fc.record(
          {
            ...{ failedLaunches: fc.integer({ min: 3, max: 9 }), failedTries: fc.nat(9), triedAt: past },
            ...{ launchProblem: fc.constant("no"), retryAt: time, spotShortSince: time, spotRetryAt: time },
          },
          { requiredKeys: [] },
        ),
        launches: fc.array(
          fc.record({
            groupName: fc.constantFrom("group", "on-demand"),
            startedAt: past,
            outcome: fc.constantFrom("succeeded" as const, "failed" as const, "underWay" as const),
            reason: fc.constant("no"),
          }),
        ),
        seconds: fc.option(fc.integer({ min: 1, max: 900 }), { nil: undefined }),
      },
      { requiredKeys: ["counts", "sent", "group", "onDemandGroup", "state", "launches", "seconds"] },
    )
    .map(({ seconds: secondsPerJob, ...fields }) =>
      view({ ...fields, jobType: { ...scaledType, fleet: { ...scaledType.fleet, secondsPerJob } } }),
    ),
);

describe("decide, whatever it sees,", () => {
  const check = (property: (seen: FleetView) => void) => fc.assert(fc.property(views, property), { numRuns: 2_000 });

  /** Each group with what it would want after the decision. */
  const outcome = (seen: FleetView) =>
    groupsOf(seen).map((group) => {
      const action = decide(seen).actions.find((each) => each.kind === "setDesired" && each.groupName === group.name);
      return { group, action: action?.kind === "setDesired" ? action : undefined };
    });

  it("lowers only where launches fail or spot stays short, never below what is there but for tries since a failure", () => {
    check((seen) => {
      for (const { group, action } of outcome(seen)) {
        if (!action) continue;
        expect(action.from).to.equal(group.desired);
        if (action.to > action.from) continue;
        expect(action.reason).to.be.oneOf(["launches fail", "spot stays short"]);
        expect(action.to).to.be.at.least(Math.min(inService(group).length, group.desired));
        const own = seen.launches?.filter(({ groupName }) => groupName === group.name) ?? [];
        const failedAt = own.find(({ outcome }) => outcome === "failed")?.startedAt ?? Infinity;
        const isTry = ({ outcome, startedAt }: Launch) => outcome === "underWay" && startedAt > failedAt;
        const hasTries = action.reason === "launches fail" && own.some(isTry);
        if (!hasTries) expect(action.to).to.be.at.least(Math.min(liveCount(group), group.desired));
      }
    });
  });

  it("keeps each group within its bounds, and both together within the maximum where they were", () => {
    check((seen) => {
      const wanted = outcome(seen).map(({ group, action }) => ({ group, to: action?.to ?? group.desired }));
      for (const { group, to } of wanted) expect(to).to.be.within(group.minInstances, group.maxInstances);
      const before = total(seen, ({ desired }) => desired);
      const after = wanted.reduce((sum, { to }) => sum + to, 0);
      expect(after).to.be.at.most(Math.max(before, seen.group.maxInstances));
    });
  });

  it("asks for an instance where work waits and none is wanted, unless launches fail", () => {
    check((seen) => {
      const isWanted = total(seen, ({ desired }) => desired) > 0;
      if (isWanted || seen.counts.visible === 0 || seen.state.failedLaunches !== undefined || seen.launches?.length)
        return;
      expect(outcome(seen).some(({ action }) => action !== undefined && action.to > 0)).to.equal(true);
    });
  });

  it("decides the same once what it decided has been done", () => {
    check((seen) => {
      const { changes } = decide(seen);
      const desiredOf = new Map(outcome(seen).map(({ group, action }) => [group.name, action?.to ?? group.desired]));
      const apply = (group: Group) => ({ ...group, desired: desiredOf.get(group.name)! });
      const next = {
        ...seen,
        group: apply(seen.group),
        ...(seen.onDemandGroup && { onDemandGroup: apply(seen.onDemandGroup) }),
        state: { ...seen.state, ...changes },
      };
      expect(decide(next).actions.filter(({ kind }) => kind === "setDesired")).to.deep.equal([]);
    });
  });

  it("retires at most one instance, and none that isn't in service", () => {
    check((seen) => {
      const retired = decide(seen).actions.flatMap((each) => (each.kind === "retire" ? [each.instanceId] : []));
      expect(retired.length).to.be.at.most(1);
      const serving = groupsOf(seen)
        .flatMap(inService)
        .map(({ id }) => id);
      for (const id of retired) expect(serving).to.include(id);
    });
  });
});
