import { type FleetEffects } from "./readView";
import { type Action, type StateChanges } from "./rules/action";
import { type FleetView } from "./rules/fleetView";
import { type CountedDecision } from "./rules/noteCounts";

/** Carries out the decision on the view, whose changes are written; throws the first error once the rest is done. */
export async function act(
  view: FleetView,
  { changes, actions, past }: CountedDecision,
  effects: FleetEffects,
): Promise<void> {
  const errors: unknown[] = [];
  let isCapacityUnsure = false;
  sayProblem(view, changes, effects);
  for (const action of actions) {
    // If a decrease failed, skip the increase: together they could exceed the maximum.
    if (action.kind === "setDesired" && isCapacityUnsure) continue;
    try {
      await perform(action, view, effects);
    } catch (error) {
      if (action.kind === "setDesired") isCapacityUnsure = true;
      errors.push(error);
    }
  }
  if (past !== undefined) {
    await effects.fleetItems.keepPast(view.jobType.type, view.now, past).catch((error: unknown) => errors.push(error));
  }
  if (errors.length > 0) throw errors[0];
}

function sayProblem({ jobType: { type }, now }: FleetView, changes: StateChanges, { log }: FleetEffects): void {
  if (!("launchProblem" in changes)) return;
  const { launchProblem, retryAt } = changes;
  if (launchProblem === undefined) {
    log("info", retryAt === undefined ? "launches-recovered" : "launches-retried", { jobType: type });
    return;
  }
  const retryInSeconds = retryAt && Math.round((retryAt - now) / 1_000);
  log("error", "launches-failing", { jobType: type, launchProblem, retryInSeconds });
}

async function perform(action: Action, view: FleetView, effects: FleetEffects): Promise<void> {
  const { autoScaling, fleetItems, log } = effects;
  const { now, sent } = view;
  const { type } = view.jobType;
  if (action.kind === "setDesired") {
    const { groupName, from, to, reason } = action;
    const { visible, inFlight } = view.counts;
    await autoScaling.setDesired(groupName, to);
    const group = view.onDemandGroup && groupName;
    const fields = { jobType: type, group, from, to, reason, visible, inFlight, sent };
    log("info", to > from ? "capacity-raised" : "capacity-lowered", fields);
    return;
  }
  const { instanceId } = action;
  const instance = { jobType: type, worker: instanceId };
  switch (action.kind) {
    case "markUnhealthy":
      await autoScaling.markUnhealthy(instanceId);
      log("warn", "instance-unresponsive", { ...instance, silentForSeconds: action.silentForSeconds });
      return;
    case "watch":
      await fleetItems.watch(type, instanceId, now);
      log("info", "instance-report-missing", instance);
      return;
    case "retire":
      await fleetItems.retire(type, instanceId, now);
      log("info", "instance-retiring", instance);
  }
}
