import { encodeCounts } from "../../../contract/fleet/counts";
import { encodePast } from "../../../contract/fleet/history";
import { reportSeconds } from "../../../contract/fleet/state";
import type { Decision, StateChanges } from "./action";
import { type FleetView, type InstanceItem, isIdle, liveCount, serving, taking, total } from "./fleetView";

/** Age from which counts are written by a nudged run; the minute's run is to come first. */
const staleMilliseconds = 75_000;

/** Age from which a worker's report no longer says how many of its slots are busy. */
const oldMilliseconds = 3 * reportSeconds * 1_000;

/** A decision with the counts on which it stands. */
export interface CountedDecision extends Decision {
  /** Counts to keep for the type's history, as `encodePast` writes them; undefined in a nudged run. */
  past?: string | undefined;
}

/**
 * Adds the counts of the type's work and capacity to a decision that changes something: they cost no further write. By
 * themselves they are written by the minute's run while the type has work, or if they changed, and by a nudged run if
 * they are old; else the result is undefined. An idle type that was never counted isn't.
 */
export function noteCounts(view: FleetView, { changes, actions }: Decision): CountedDecision | undefined {
  const { now, counts, state, launches } = view;
  const counted = countFleet(view);
  const isChanged = counted.counts !== state.counts && (state.counts !== undefined || !isIdle(view));
  const isDue = launches
    ? isChanged || counts.visible + counts.inFlight > 0
    : now - (state.countsAt ?? 0) > staleMilliseconds;
  if (Object.keys(changes).length + actions.length === 0 && !isDue) return undefined;
  const changedFor = actions.flatMap((act) => (act.kind === "setDesired" ? act.reason : [])).at(-1);
  return {
    changes: { ...changes, ...counted, countsAt: now, ...((launches || changedFor) && { changedFor }) },
    actions,
    past: launches && encodePast(counted.counts, state.changedFor),
  };
}

function countFleet(view: FleetView): StateChanges & { counts: string } {
  const { now, counts, group, items, state, jobType } = view;
  const { visible, inFlight, delayed = 0 } = counts;
  const servers = serving(view);
  const takers = taking(view);
  let slots = 0;
  let busy = 0;
  for (const { id } of takers) {
    const { seenAt = 0, slots: own = state.slots ?? jobType.fleet.slots, busySlots = 0, alone } = items[id] ?? {};
    slots += own;
    if (now - seenAt < oldMilliseconds) busy += alone ? own : busySlots;
  }
  const desired = total(view, (each) => each.desired);
  return {
    counts: encodeCounts([
      visible,
      inFlight,
      delayed,
      takers.length,
      servers.length - takers.length,
      total(view, liveCount) - servers.length,
      desired,
      group.maxInstances,
      slots,
      busy,
    ]),
    backlogSince: visible > 0 ? (state.backlogSince ?? now) : undefined,
    stalledSince:
      visible > 0 && !servers.some(({ id }) => isAtWork(items[id], now)) ? (state.stalledSince ?? now) : undefined,
    startingSince: desired > 0 && takers.length === 0 ? (state.startingSince ?? now) : undefined,
  };
}

/** True if the worker has just reported a job, or one that ended in the two minutes before. */
function isAtWork({ seenAt = 0, busySlots = 0, alone = 0, recentJobs = 0 }: InstanceItem = {}, now: number): boolean {
  return now - seenAt < oldMilliseconds && busySlots + alone + Math.floor(2 * recentJobs) > 0;
}
