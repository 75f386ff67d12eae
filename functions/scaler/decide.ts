import type { FleetState } from "../../contract/fleet";
import type { Action, StateChanges } from "./action";
import { chooseRetirement } from "./chooseRetirement";
import { findSilent } from "./findSilent";
import type { FleetView } from "./fleetView";
import { judgeLaunches } from "./judgeLaunches";
import { learn } from "./learn";
import { needOf } from "./needOf";
import { planCapacity } from "./planCapacity";
import { remember } from "./remember";

export const deploymentOnlyModule = true;

/**
 * What there is to do for a type, in the order to do it in. What is to be remembered comes first: a run that is cut off
 * after any of the actions is then completed by the next one.
 */
export function decide(view: FleetView): Action[] {
  const figures = learn(view);
  const verdict = judgeLaunches(view);
  const needed = needOf(view, figures);
  const plan = planCapacity(view, needed, verdict);
  const silence = findSilent(view);
  const memory = remember(view, { needed, slots: figures.slots }, verdict);
  const found = { ...figures.changes, ...verdict.changes, ...plan.changes, ...silence.changes, memory };
  const changes = changesTo(view.state, found);
  const first: Action[] = Object.keys(changes).length > 0 ? [{ kind: "remember", changes }] : [];
  return [...first, ...plan.actions, ...silence.actions, ...chooseRetirement(view)];
}

function changesTo(state: FleetState, changes: StateChanges): StateChanges {
  return Object.fromEntries(
    Object.entries(changes).filter(([field, value]) => state[field as keyof FleetState] !== value),
  );
}
