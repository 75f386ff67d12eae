import type { CapacityReason } from "../../../contract/fleet/history";
import { isReady } from "../../../contract/fleet/lifecycleState";
import type { Action, StateChanges } from "./action";
import { type FleetView, type Group, groupsOf, liveCount } from "./fleetView";
import type { LaunchVerdict } from "./judgeLaunches";

/** Time that spot may have fewer instances than desired before the on-demand group takes over. */
const spotPatienceMilliseconds = 60_000;

/** Time that the on-demand group takes over before spot is tried again. */
const spotRestMilliseconds = 600_000;

export interface CapacityPlan {
  /** Decreases come first, so that the groups together never exceed the maximum. */
  actions: Action[];
  changes: StateChanges;
}

/**
 * Raises the type's groups to what its backlog needs, and to their minimum. Lowers them in two cases only, so that no
 * instance in service terminates by it: if launches fail, and if spot capacity is missing.
 */
export function planCapacity(
  view: FleetView,
  needed: number,
  { mostInstances = Infinity }: LaunchVerdict,
): CapacityPlan {
  if (mostInstances === 0) {
    const actions = groupsOf(view).flatMap((group) => setDesired(group, stableCapacity(group, view), "launches fail"));
    return { actions, changes: {} };
  }
  const { minInstances } = view.group;
  const wanted = Math.max(Math.min(needed, mostInstances), minInstances);
  if (view.onDemandGroup) return planSpot(view, view.onDemandGroup, wanted);
  const actions = setDesired(view.group, Math.max(view.group.desired, wanted), "backlog");
  return { actions, changes: {} };
}

function planSpot(view: FleetView, onDemand: Group, wanted: number): CapacityPlan {
  const { now, group: spot, state, counts, sent } = view;
  const { maxInstances } = spot;
  const isResting = now < (state.spotRetryAt ?? 0);
  const isShort = liveCount(spot) < spot.desired;
  const hasLostPatience = isShort && now - (state.spotShortSince ?? now) >= spotPatienceMilliseconds;
  if (!isResting && !hasLostPatience) {
    const desired = Math.max(spot.desired, Math.min(wanted, maxInstances) - onDemand.desired);
    const since = isShort ? (state.spotShortSince ?? now) : now;
    const spotShortSince = liveCount(spot) < desired ? since : undefined;
    return { actions: setDesired(spot, desired, "backlog"), changes: { spotShortSince, spotRetryAt: undefined } };
  }
  const left = isShort ? presentCount(spot) : spot.desired;
  const hasWork = counts.visible + counts.inFlight + sent > 0;
  // Counts the spot instances that exist, not those desired for the minimum: only existing ones help waiting work.
  const missing = hasWork ? Math.min(wanted - liveCount(spot), maxInstances - left, onDemand.maxInstances) : 0;
  return {
    actions: [
      ...setDesired(spot, left, "spot stays short"),
      ...setDesired(onDemand, Math.max(onDemand.desired, missing), isShort ? "spot stays short" : "backlog"),
    ],
    changes: { spotShortSince: undefined, spotRetryAt: isResting ? state.spotRetryAt : now + spotRestMilliseconds },
  };
}

/** The desired capacity that terminates nothing; at least the minimum, below which AWS allows none. */
function presentCount(group: Group): number {
  return Math.min(group.desired, Math.max(liveCount(group), group.minInstances));
}

/** The same without launches begun since the last failure: a group whose instances don't come up tries for ever. */
function stableCapacity(group: Group, { launches = [] }: FleetView): number {
  const own = launches.filter(({ groupName }) => groupName === group.name);
  const failedAt = own.find(({ outcome }) => outcome === "failed")?.startedAt ?? Infinity;
  const tries = own.filter(({ outcome, startedAt }) => outcome === "underWay" && startedAt > failedAt).length;
  const ready = group.instances.filter(isReady);
  return Math.min(presentCount(group), Math.max(liveCount(group) - tries, ready.length, group.minInstances));
}

function setDesired({ name, desired }: Group, to: number, reason: CapacityReason): Action[] {
  return to === desired ? [] : [{ kind: "setDesired", groupName: name, from: desired, to, reason }];
}
