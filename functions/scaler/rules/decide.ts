import type { FleetState } from "../../../contract/fleet/state";
import type { Decision, StateChanges } from "./action";
import { chooseRetirement } from "./chooseRetirement";
import { findSilent } from "./findSilent";
import { type FleetView, groupsOf, isAtZero, liveCount, retiring } from "./fleetView";
import { judgeLaunches, type LaunchVerdict } from "./judgeLaunches";
import { learn } from "./learn";
import { type CapacityPlan, planCapacity } from "./planCapacity";
import { requiredInstances } from "./requiredInstances";

/**
 * The actions for a type, in their order. State is saved first: if a run is cut off
 * after any of the actions, the next one completes it.
 */
export function decide(view: FleetView): Decision {
  const figures = learn(view);
  const verdict = judgeLaunches(view);
  const needed = requiredInstances(view, figures);
  // Retiring instances come on top: the waiting jobs need others.
  const wanted = needed === 0 ? 0 : Math.min(needed + retiring(view).length, view.group.maxInstances);
  const plan = planCapacity(view, wanted, verdict);
  const silence = findSilent(view);
  const tried = isTried(view, verdict, plan) ? { triedAt: view.now } : {};
  const woken = isAtZero(view) && plan.actions.length > 0 ? { wokenAt: view.now } : {};
  const found = { ...figures.changes, ...verdict.changes, ...tried, ...plan.changes, ...silence.changes, ...woken };
  const actions = [...plan.actions, ...silence.actions, ...chooseRetirement(view)];
  return { changes: changesTo(view.state, found), actions };
}

/** True if this check makes the due try: it raises a group, or one has a larger desired capacity already. */
function isTried(view: FleetView, { isDue }: LaunchVerdict, { actions }: CapacityPlan): boolean {
  if (!isDue) return false;
  const isRaised = actions.some((action) => action.kind === "setDesired" && action.to > action.from);
  return isRaised || groupsOf(view).some((group) => liveCount(group) < group.desired);
}

function changesTo(state: FleetState, changes: StateChanges): StateChanges {
  return Object.fromEntries(
    Object.entries(changes).filter(([field, value]) => state[field as keyof FleetState] !== value),
  );
}
