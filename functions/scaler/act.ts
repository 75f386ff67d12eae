import { type FleetEffects } from "./readView";
import { type Action } from "./rules/action";
import { type FleetView } from "./rules/fleetView";

/** Carries out the decision on the view, which is written already; throws the first error once the rest is done. */
export async function act(view: FleetView, actions: Action[], effects: FleetEffects): Promise<void> {
  const errors: unknown[] = [];
  let isCapacityUnsure = false;
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
  if (errors.length > 0) throw errors[0];
}

async function perform(action: Action, view: FleetView, effects: FleetEffects): Promise<void> {
  const { autoScaling, fleetItems, log } = effects;
  const { now, sent } = view;
  const { visible, inFlight } = view.counts;
  const { type } = view.jobType;
  switch (action.kind) {
    case "remember": {
      if (!("launchProblem" in action.changes)) return;
      const { launchProblem, retryAt } = action.changes;
      const isAnew = launchProblem === undefined && retryAt !== undefined;
      if (isAnew) log("info", "launches-retried", { jobType: type });
      else if (launchProblem === undefined) log("info", "launches-recovered", { jobType: type });
      else
        log("error", "launches-failing", {
          jobType: type,
          launchProblem,
          retryInSeconds: retryAt && Math.round((retryAt - now) / 1_000),
        });
      return;
    }
    case "setDesired": {
      const { groupName, from, to, reason } = action;
      await autoScaling.setDesired(groupName, to);
      log("info", to > from ? "capacity-raised" : "capacity-lowered", {
        jobType: type,
        group: view.onDemandGroup && groupName,
        from,
        to,
        reason,
        visible,
        inFlight,
        sent,
      });
      return;
    }
    case "markUnhealthy":
      await autoScaling.markUnhealthy(action.instanceId);
      log("warn", "instance-unresponsive", {
        jobType: type,
        worker: action.instanceId,
        silentForSeconds: action.silentForSeconds,
      });
      return;
    case "watch":
      await fleetItems.watch(type, action.instanceId, now);
      log("info", "instance-report-missing", { jobType: type, worker: action.instanceId });
      return;
    case "retire":
      await fleetItems.retire(type, action.instanceId, now);
      log("info", "instance-retiring", { jobType: type, worker: action.instanceId });
      return;
    case "keepPast":
      await fleetItems.keepPast(type, now, action.past);
  }
}
