import { neededInstances } from "../../../contract/fleet/capacity";
import { type FleetView, groupsOf, inService, retiring, total } from "./fleetView";
import type { Figures } from "./learn";

/**
 * The instances that the type's backlog needs, whatever the minimum of its groups. Retiring ones take no job: their
 * running jobs are neither backlog nor a reason for fewer. A job that runs alone takes a whole instance, which comes
 * on top.
 */
export function requiredInstances(view: FleetView, { secondsPerJob, slots }: Figures): number {
  const { counts, sent, group, jobType, items } = view;
  const retired = retiring(view).reduce((sum, { id }) => sum + (items[id]?.busySlots ?? 0), 0);
  const alone = groupsOf(view)
    .flatMap(inService)
    .filter(({ id }) => items[id]?.alone === 1 && items[id].retiresSince === undefined).length;
  const { prefetch, targetLatencySeconds } = jobType.fleet;
  const needed = neededInstances({
    visible: counts.visible,
    inFlight: Math.max(0, counts.inFlight - retired - alone),
    sent,
    instances: total(view, (each) => inService(each).length) - retiring(view).length - alone,
    slots,
    prefetch,
    secondsPerJob,
    targetLatencySeconds,
    minInstances: 0,
    maxInstances: group.maxInstances,
  });
  return Math.min(needed + alone, group.maxInstances);
}
