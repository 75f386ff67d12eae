import { expect } from "chai";
import type { FleetState } from "../../../../contract/fleet/state";
import type { Action, StateChanges } from "../../../../functions/scaler/rules/action";
import { decide } from "../../../../functions/scaler/rules/decide";
import type { FleetView } from "../../../../functions/scaler/rules/fleetView";
import { group, instances, launches, now, reports, scaledType, view } from "../../support/fleetViews";

const seconds = 1_000;
const known: FleetState = { secondsPerJob: 10, targetLatencySeconds: 60 };

function ofKind<Kind extends Action["kind"]>(actions: Action[], kind: Kind) {
  return actions.filter((action): action is Extract<Action, { kind: Kind }> => action.kind === kind);
}

/** Capacity changes, as `group: from → to`. */
function capacity(fields: Partial<FleetView>): string[] {
  return ofKind(decide(view(fields)).actions, "setDesired").map(
    ({ groupName, from, to }) => `${groupName}: ${from} → ${to}`,
  );
}

/** Changes of the fleet item. */
function remembered(fields: Partial<FleetView>): StateChanges {
  return decide(view(fields)).changes;
}

describe("decide", () => {
  it("has nothing to do if no job waits and no instance is silent", () => {
    const two = instances(2);
    const calm = view({ group: group({ desired: 2, instances: two }), items: reports(two) });
    for (const each of [view(), calm]) expect(decide(each)).to.deep.equal({ changes: {}, actions: [] });
  });

  describe("backlog", () => {
    it("raises the group to what the backlog needs, and never lowers it", () => {
      expect(capacity({ counts: { visible: 36, inFlight: 0 } })).to.deep.equal(["group: 0 → 3"]);
      expect(capacity({ counts: { visible: 36, inFlight: 0 }, group: group({ desired: 5 }) })).to.deep.equal([]);
    });

    it("counts a nudge's jobs before SQS does, and stays within the group's bounds", () => {
      expect(capacity({ sent: 1 })).to.deep.equal(["group: 0 → 1"]);
      expect(capacity({ sent: 100_000 })).to.deep.equal(["group: 0 → 10"]);
    });

    it("counts a job that runs alone as a whole instance", () => {
      const [one] = instances(1);
      const fields = { group: group({ desired: 1, instances: [one!] }), counts: { visible: 1, inFlight: 1 } };
      const item = { seenAt: now, slots: 2, busySlots: 1 };
      expect(capacity({ ...fields, items: { [one!.id]: item } })).to.deep.equal([]);
      expect(capacity({ ...fields, items: { [one!.id]: { ...item, alone: 1 } } })).to.deep.equal(["group: 1 → 2"]);
    });

    it("launches one instance for one long job, not many", () => {
      const jobType = { ...scaledType, fleet: { ...scaledType.fleet, secondsPerJob: 3_600 } };
      expect(capacity({ jobType, counts: { visible: 1, inFlight: 0 } })).to.deep.equal(["group: 0 → 1"]);
    });
  });

  describe("learning", () => {
    const jobType = { ...scaledType, fleet: { ...scaledType.fleet, secondsPerJob: undefined } };
    const busy = (recentJobs: number, recentSeconds: number, state: FleetState = known) => {
      const one = instances(1);
      const items = reports(one, 10, { recentJobs, recentSeconds });
      return remembered({ jobType, state, items, group: group({ desired: 1, instances: one }) }).secondsPerJob;
    };

    it("assumes 10 s for a job without reports, or its timeout", () => {
      const counts = { visible: 120, inFlight: 0 };
      const state = { targetLatencySeconds: 60 };
      expect(capacity({ jobType, state, counts })).to.deep.equal(["group: 0 → 9"]);
      expect(capacity({ jobType: { ...jobType, timeoutSeconds: 1 }, state, counts })).to.deep.equal(["group: 0 → 1"]);
    });

    it("takes the first reports as they are, then many jobs by half and few by less", () => {
      expect(busy(4, 8, { targetLatencySeconds: 60 })).to.equal(2);
      expect(busy(1_000, 2_000)).to.equal(6);
      expect(busy(1, 300)).to.equal(17.3);
    });

    it("keeps what changes by less than a twentieth, and what no job changes", () => {
      expect(busy(1_000, 10_500)).to.equal(undefined);
      expect(busy(0, 0)).to.equal(undefined);
    });

    it("shows workers' figures as configured, and counts with the slots that they report", () => {
      const one = instances(1);
      const fields = { group: group({ desired: 1, instances: one }), items: reports(one, 10, { slots: 8 }) };
      expect(remembered({ ...fields, state: {} })).to.deep.equal({
        secondsPerJob: 10,
        targetLatencySeconds: 60,
        slots: 8,
      });
      expect(capacity({ ...fields, counts: { visible: 96, inFlight: 0 } })).to.deep.equal(["group: 1 → 2"]);
    });

    it("leaves out the reports of instances that are gone or silent", () => {
      const one = instances(1);
      const items = { ...reports(one, 301, { slots: 8 }), gone: { seenAt: now, slots: 8 } };
      expect(remembered({ items, group: group({ desired: 1, instances: one }) })).not.to.have.property("slots");
    });
  });

  describe("failing launches", () => {
    const counts = { visible: 100, inFlight: 0 };
    const pending = instances(1, { lifecycleState: "Pending:Wait" });
    const short = group({
      desired: 8,
      minInstances: 1,
      templateVersion: "7",
      instances: [...instances(2), ...pending.map((i) => ({ ...i, id: "p" }))],
    });
    const failing: FleetState = { ...known, failedLaunches: 3, launchProblem: "x", retryAt: now - seconds };
    const items = reports(short.instances);

    it("lower the group to what is there after three in a row, say why, and wait a minute", () => {
      const fields = { counts, group: short, items, launches: launches("ffffu") };
      expect(capacity(fields)).to.deep.equal(["group: 8 → 3"]);
      expect(remembered(fields)).to.deep.equal({
        failedLaunches: 4,
        launchProblem: "4 launches failed in a row; the last: InvalidAMI",
        failedTemplate: "group 7",
        retryAt: now + 60 * seconds,
        failedTries: 0,
      });
    });

    it("are not tried on by the group itself: a launch begun since the last failure is given up", () => {
      const fields = { counts, group: short, items, launches: launches("uffff") };
      expect(capacity(fields)).to.deep.equal(["group: 8 → 2"]);
      expect(
        capacity({ ...fields, launches: launches("ufff").map((each) => ({ ...each, groupName: "b" })) }),
      ).to.deep.equal(["group: 8 → 3"]);
      const ready = [...instances(2), ...instances(1, { lifecycleState: "Pending:Proceed" }, "p")];
      expect(capacity({ ...fields, group: { ...short, instances: ready } })).to.deep.equal(["group: 8 → 3"]);
    });

    it("are ignored while they are fewer, long ago, or before one that succeeded", () => {
      for (const each of [launches("ff"), launches("ffsff"), launches("fff", "x", 3_601), undefined]) {
        expect(remembered({ counts, group: short, items, launches: each })).to.deep.equal({});
      }
    });

    it("let nothing be launched before the retry, and never lower below the minimum", () => {
      const state = { ...failing, retryAt: now + seconds };
      expect(capacity({ counts, state, group: group() })).to.deep.equal([]);
      expect(capacity({ counts, state, group: group({ desired: 4, minInstances: 2 }) })).to.deep.equal([
        "group: 4 → 2",
      ]);
    });

    it("are tried with one more instance than are in service, and no more while that one is on its way", () => {
      expect(capacity({ counts, state: failing })).to.deep.equal(["group: 0 → 1"]);
      const two = instances(2);
      const fields = { counts, state: failing, items: reports(two) };
      expect(capacity({ ...fields, group: group({ desired: 2, instances: two }) })).to.deep.equal(["group: 2 → 3"]);
      expect(capacity({ ...fields, group: group({ desired: 3, instances: two }) })).to.deep.equal([]);
    });

    it("wait twice as long after each try of the scaler's own that failed, a quarter of an hour at most", () => {
      const triedAt = now - 8 * seconds;
      const retry = (state: FleetState, outcomes: string) =>
        (remembered({
          counts,
          state: { ...failing, retryAt: triedAt, triedAt, ...state },
          group: group({ desired: 1 }),
          launches: launches(outcomes),
        }).retryAt! -
          triedAt) /
        seconds;
      expect(retry({}, "fff")).to.equal(120);
      expect(retry({ failedTries: 2, failedLaunches: 500 }, "f")).to.equal(480);
      expect(retry({ failedTries: 50 }, "f")).to.equal(900);
    });

    it("are tried at 1, 2, 4, 8 and 15 minutes, however often the group fails by itself", () => {
      const minute = 60 * seconds;
      for (const [minInstances, lateMilliseconds] of [
        [0, 0],
        [1, 0],
        [2, 3_000],
      ] as const) {
        let state: FleetState = {};
        let desired = 3;
        const tries: number[] = [];
        for (let run = 0; run <= 60; run++) {
          const at = now + run * minute + (run % 2) * lateMilliseconds;
          // Ten of the group's own tries in each minute, whatever it was asked for.
          const failed = launches("f".repeat(50), "no such image", 3).map((launch, index) => ({
            ...launch,
            startedAt: at - 3_000 - index * 6_000,
          }));
          const fields = { now: at, state, launches: failed, group: group({ desired, minInstances }) };
          const { changes, actions } = decide(view({ counts, ...fields }));
          state = { ...state, ...changes };
          for (const action of actions) if (action.kind === "setDesired") desired = action.to;
          if (state.triedAt === at) tries.push(run);
        }
        expect(tries, `minimum ${minInstances}`).to.deep.equal([1, 3, 7, 15, 30, 45, 60]);
      }
    });

    it("are retried at once on request, and then as if for the first time", () => {
      const state: FleetState = { ...failing, retryAt: now, failedTries: 0 };
      expect(capacity({ counts, state })).to.deep.equal(["group: 0 → 1"]);
      expect(remembered({ counts, state })).to.include({ triedAt: now });
    });

    it("make no try where nothing is to be launched", () => {
      expect(remembered({ state: failing, launches: [] })).not.to.have.property("triedAt");
    });

    it("are a problem at once where a worker says why it doesn't start, until one works", () => {
      const item = { startError: 'There is no handler "invoice"', startErrorAt: now - seconds };
      const fields = { counts, group: group({ desired: 1, templateVersion: "7" }), items: { i1: item } };
      const launchProblem = 'A worker did not start: There is no handler "invoice"';
      const changes = { launchProblem, failedTemplate: "group 7" };
      expect(remembered(fields)).to.deep.equal(changes);
      const state = { ...known, ...changes };
      expect(remembered({ ...fields, state })).to.deep.equal({});
      const gone = { launchProblem: undefined, failedTemplate: undefined };
      const heard = { ...fields.items, i2: { seenAt: now } };
      expect(remembered({ ...fields, state, items: heard })).to.deep.equal(gone);
      expect(remembered({ ...fields, state, now: now + 3_600 * seconds })).to.deep.equal(gone);
      const mended = remembered({ ...fields, state, group: group({ desired: 1, templateVersion: "8" }) });
      expect(mended).to.deep.equal({ ...gone, retryAt: now });
      const after = { ...known, retryAt: now };
      expect(remembered({ ...fields, state: after, now: now + seconds })).to.deep.equal({});
    });

    it("are a problem at once where AWS refuses one for a reason whose remedy is known, until the next launch", () => {
      const reason = "The specified instance type is not eligible for Free Tier.";
      const [refusal] = launches("f", reason);
      const fields = { counts, group: short, items, launches: [refusal!], refusal };
      const { launchProblem } = remembered(fields);
      expect(launchProblem).to.match(
        /^A launch was refused: The specified .* Free Tier\. On the free plan .*t4g\.small/,
      );
      const state = { ...known, launchProblem: launchProblem!, failedTemplate: "group 7" };
      expect(remembered({ ...fields, state })).to.deep.equal({});
      expect(capacity({ ...fields, state })).to.deep.equal(capacity({ ...fields, launches: [], refusal: undefined }));
      // A nudged look asks for no launches, and changes nothing of it.
      expect(remembered({ ...fields, state, launches: undefined, refusal: undefined })).to.deep.equal({});
      const gone = remembered({ ...fields, state, launches: launches("s"), refusal: undefined });
      expect(gone).to.deep.equal({ launchProblem: undefined, failedTemplate: undefined });
    });

    it("say the remedy where three in a row were refused", () => {
      const reason = "You have requested more vCPU capacity than your current vCPU limit of 5 allows for.";
      const { launchProblem } = remembered({ counts, group: short, items, launches: launches("fff", reason) });
      expect(launchProblem).to.match(/^3 launches failed in a row; the last: You have .*\. Ask EC2 for .*L-1216C47A/);
    });

    it("are described by what the last worker said", () => {
      const items = { i1: { startError: "no module", startErrorAt: now - 9 * seconds } };
      const fields = { counts, items, group: group({ desired: 1 }), launches: launches("fff") };
      const launchProblem = "3 launches failed in a row; the last: no module";
      expect(remembered(fields)).to.include({ launchProblem });
      const state = { ...failing, retryAt: now + 60 * seconds };
      expect(remembered({ ...fields, state })).to.deep.equal({ launchProblem });
      expect(remembered({ ...fields, state: { ...state, launchProblem } })).to.deep.equal({});
    });

    it("are forgotten once there is another template version or group, where it may have been mended", () => {
      const state = { ...failing, failedTemplate: "group 7", retryAt: now + 600 * seconds };
      for (const mended of [group({ templateVersion: "8" }), group({ name: "new", templateVersion: "7" })]) {
        const fields = { counts, state, group: mended, launches: launches("fff") };
        expect(remembered(fields)).to.deep.equal({
          failedLaunches: undefined,
          launchProblem: undefined,
          failedTemplate: undefined,
          retryAt: now,
          wokenAt: now,
        });
        expect(capacity(fields)).to.deep.equal([`${mended.name}: 0 → 8`]);
        const next = { ...fields, state: { ...known, retryAt: now }, now: now + seconds };
        expect(remembered(next)).not.to.have.property("failedLaunches");
      }
      const same = group({ templateVersion: "7" });
      expect(capacity({ counts, state, group: same, launches: launches("fff") })).to.deep.equal([]);
    });

    it("are over once one succeeds", () => {
      const one = instances(1);
      const state = { ...failing, failedTemplate: "group " };
      const fields = { state, group: group({ desired: 1, instances: one }), items: reports(one) };
      expect(remembered({ ...fields, launches: launches("usff") })).to.deep.equal({
        failedLaunches: undefined,
        launchProblem: undefined,
        failedTemplate: undefined,
        retryAt: undefined,
      });
    });
  });

  describe("spot", () => {
    const counts = { visible: 60, inFlight: 0 };
    const onDemandGroup = group({ name: "on-demand" });
    const two = instances(2);
    const items = reports(two);
    const spot = group({ name: "spot", desired: 5, instances: two });
    const shortFor = (duration: number): FleetState => ({ ...known, spotShortSince: now - duration * seconds });

    it("is raised first, and its clock runs from then on", () => {
      const fields = { counts, group: group({ name: "spot" }), onDemandGroup };
      expect(capacity(fields)).to.deep.equal(["spot: 0 → 5"]);
      expect(remembered(fields)).to.deep.equal({ spotShortSince: now, wokenAt: now });
    });

    it("has a minute, and longer for instances that are on their way", () => {
      expect(capacity({ counts, items, state: shortFor(59), group: spot, onDemandGroup })).to.deep.equal([]);
      const coming = [...two, ...instances(3, { lifecycleState: "Pending" }, "p")];
      const fields = { counts, items, state: shortFor(300), group: { ...spot, instances: coming }, onDemandGroup };
      expect(capacity(fields)).to.deep.equal([]);
      expect(remembered(fields)).to.deep.equal({ spotShortSince: undefined });
    });

    it("is lowered to what it has then, and on demand raised by what is missing", () => {
      const fields = { counts, items, state: shortFor(60), group: spot, onDemandGroup };
      expect(capacity(fields)).to.deep.equal(["spot: 5 → 2", "on-demand: 0 → 3"]);
      expect(remembered(fields)).to.deep.equal({ spotShortSince: undefined, spotRetryAt: now + 600 * seconds });
    });

    it("comes out the same where a run was cut off in between", () => {
      const state = { ...known, spotRetryAt: now + 600 * seconds };
      const lowered = { ...spot, desired: 2 };
      expect(capacity({ counts, items, state, group: lowered, onDemandGroup })).to.deep.equal(["on-demand: 0 → 3"]);
      const done = { ...onDemandGroup, desired: 3 };
      expect(capacity({ counts, items, state, group: lowered, onDemandGroup: done })).to.deep.equal([]);
    });

    it("rests for ten minutes, while on demand grows, and is then asked again", () => {
      const fields = { counts: { visible: 96, inFlight: 0 }, items, group: { ...spot, desired: 2 } };
      const done = { ...onDemandGroup, desired: 3 };
      const resting = { ...known, spotRetryAt: now + seconds };
      expect(capacity({ ...fields, state: resting, onDemandGroup: done })).to.deep.equal(["on-demand: 3 → 5"]);
      const rested = { ...known, spotRetryAt: now };
      expect(capacity({ ...fields, state: rested, onDemandGroup: done })).to.deep.equal(["spot: 2 → 4"]);
    });

    it("has its minimum kept, and on demand stand in for it only while there is work", () => {
      const state = shortFor(60);
      const fields = { state, group: group({ name: "spot", desired: 2, minInstances: 2 }), onDemandGroup };
      expect(capacity(fields)).to.deep.equal([]);
      expect(capacity({ ...fields, counts: { visible: 1, inFlight: 0 } })).to.deep.equal(["on-demand: 0 → 2"]);
    });
  });

  describe("silence", () => {
    const one = instances(1);
    const fields = { group: group({ desired: 1, instances: one }) };
    const acts = (item: FleetView["items"][string]) => decide(view({ ...fields, items: { i1: item } })).actions;

    it("is watched before it is five minutes long, and then ends in replacement", () => {
      expect(acts({ seenAt: now - 239 * seconds })).to.deep.equal([]);
      expect(acts({ seenAt: now - 240 * seconds })).to.deep.equal([{ kind: "watch", instanceId: "i1" }]);
      expect(acts({ seenAt: now - 299 * seconds, silentSince: now - 59 * seconds })).to.deep.equal([]);
      expect(acts({ seenAt: now - 300 * seconds, silentSince: now - 60 * seconds })).to.deep.equal([
        { kind: "markUnhealthy", instanceId: "i1", silentForSeconds: 300 },
      ]);
    });

    it("that is seen for the first time counts only once it is seen again: the table may have been out of reach", () => {
      const seenAt = now - 900 * seconds;
      expect(acts({ seenAt })).to.deep.equal([{ kind: "watch", instanceId: "i1" }]);
      expect(acts({ seenAt, silentSince: now - 39 * seconds })).to.deep.equal([]);
      expect(acts({ seenAt, silentSince: now - 40 * seconds })[0]).to.include({ kind: "markUnhealthy" });
      expect(acts({ seenAt, silentSince: seenAt - seconds })).to.deep.equal([{ kind: "watch", instanceId: "i1" }]);
    });

    it("from the start counts from when the scaler first missed a report", () => {
      expect(decide(view(fields))).to.deep.equal({ changes: {}, actions: [{ kind: "watch", instanceId: "i1" }] });
      expect(acts({ silentSince: now - 299 * seconds })).to.deep.equal([]);
      expect(acts({ silentSince: now - 300 * seconds })).to.deep.equal([
        { kind: "markUnhealthy", instanceId: "i1", silentForSeconds: 300 },
      ]);
    });

    it("from the start is none while the whole fleet is too young to have reported, and counts as ever afterwards", () => {
      const raised = remembered({ sent: 1 });
      expect(raised).to.deep.equal({ wokenAt: now });
      const seen = (age: number, items: FleetView["items"] = {}) =>
        decide(view({ ...fields, items, state: { ...known, wokenAt: now }, now: now + age * seconds })).actions;
      expect(seen(179)).to.deep.equal([]);
      expect(seen(180)).to.deep.equal([{ kind: "watch", instanceId: "i1" }]);
      expect(seen(179, { i1: { seenAt: now - 300 * seconds } })).to.deep.equal([{ kind: "watch", instanceId: "i1" }]);
      expect(remembered({ sent: 100, group: group({ desired: 1, instances: one }) })).not.to.have.property("wokenAt");
    });

    const several = instances(3);
    const silent = { seenAt: now - 600 * seconds, silentSince: now - 100 * seconds };
    const ofAll = (items: FleetView["items"], state: FleetView["state"] = {}) =>
      decide(
        view({
          group: group({ desired: 3, instances: several }),
          items,
          state: { secondsPerJob: 10, targetLatencySeconds: 60, ...state },
        }),
      );

    it("of several ends in one replacement a run, as long as others report", () => {
      const items = { i1: silent, i2: silent, i3: { seenAt: now } };
      expect(ofAll(items, { silentMarks: 3, silentRetryAt: now + 60 * seconds })).to.deep.equal({
        changes: { silentMarks: undefined, silentRetryAt: undefined },
        actions: [{ kind: "markUnhealthy", instanceId: "i1", silentForSeconds: 600 }],
      });
    });

    it("of all ends in ever rarer replacements: they may only fail to reach the table, and be at work", () => {
      const items = { i1: silent, i2: silent, i3: silent };
      const mark = { kind: "markUnhealthy", instanceId: "i1", silentForSeconds: 600 };
      const after = (silentMarks: number, seconds_: number) => ({
        changes: { silentMarks, silentRetryAt: now + seconds_ * seconds },
        actions: [mark],
      });
      expect(ofAll(items)).to.deep.equal(after(1, 600));
      expect(ofAll(items, { silentMarks: 1, silentRetryAt: now + 1 })).to.deep.equal({ changes: {}, actions: [] });
      expect(ofAll(items, { silentMarks: 1, silentRetryAt: now })).to.deep.equal(after(2, 1_200));
      expect(ofAll(items, { silentMarks: 9, silentRetryAt: now })).to.deep.equal(after(10, 21_600));
    });

    it("of an instance that isn't in service, or is unhealthy already, is ignored", () => {
      for (const state of [
        { lifecycleState: "Pending:Wait" },
        { lifecycleState: "Terminating:Wait" },
        { isHealthy: false },
      ]) {
        const { actions } = decide(view({ group: group({ desired: 1, instances: instances(1, state) }) }));
        expect(actions).to.deep.equal([]);
      }
    });
  });

  describe("an instance that retires", () => {
    const [one] = instances(1);
    const long = { i1: { seenAt: now, busySlots: 1, slots: 2, retiresSince: now - 60 * seconds } };
    const raised = (counts: FleetView["counts"], maxInstances = 10) =>
      ofKind(
        decide(view({ group: group({ desired: 1, maxInstances, instances: [one!] }), items: long, counts })).actions,
        "setDesired",
      );

    it("leaves what waits to another, however long its own jobs take", () => {
      expect(raised({ visible: 1, inFlight: 1 })).to.have.length(1);
      expect(raised({ visible: 1, inFlight: 1 })[0]).to.include({ from: 1, to: 2 });
    });

    it("asks for no other while nothing waits, nor beyond the maximum", () => {
      expect(raised({ visible: 0, inFlight: 1 })).to.deep.equal([]);
      expect(raised({ visible: 1, inFlight: 1 }, 1)).to.deep.equal([]);
    });
  });

  describe("retirement", () => {
    const three = instances(3, { templateVersion: "1" });
    const old = group({ desired: 3, templateVersion: "2", instances: three });
    const items = { ...reports(three, 10, { busySlots: 2 }), i2: { seenAt: now, busySlots: 1 } };
    const retired = (fields: Partial<FleetView>) =>
      ofKind(decide(view({ group: old, items, ...fields })).actions, "retire").map(({ instanceId }) => instanceId);

    it("takes the least busy instance of an old version, one at a time", () => {
      expect(retired({})).to.deep.equal(["i2"]);
      expect(retired({ items: { ...items, i1: { seenAt: now, retiresSince: now - seconds } } })).to.deep.equal([]);
    });

    it("waits until all that the group wants are in service, and while launches fail", () => {
      expect(retired({ group: { ...old, desired: 4 } })).to.deep.equal([]);
      expect(retired({ state: { ...known, failedLaunches: 3, retryAt: now + seconds } })).to.deep.equal([]);
    });

    it("leaves the newest version, an unknown one, and those that don't report alone", () => {
      expect(retired({ group: { ...old, templateVersion: "1" } })).to.deep.equal([]);
      expect(retired({ group: { ...old, templateVersion: undefined } })).to.deep.equal([]);
      expect(retired({ group: { ...old, instances: instances(3) } })).to.deep.equal([]);
      expect(retired({ items: reports(three, 300) })).to.deep.equal([]);
    });
  });
});
