import { neededInstances } from "../../../contract/fleet/capacity";
import { sumOf } from "../../../contract/sumOf";
import { type FleetView, retiring, taking } from "./fleetView";
import type { Figures } from "./learn";

/**
 * The instances that the type's backlog needs, whatever the minimum of its groups. Retiring ones take no job: their
 * running jobs are neither backlog nor a reason for fewer. A job that runs alone takes a whole instance, which comes
 * on top.
 */
export function requiredInstances(view: FleetView, { secondsPerJob, slots }: Figures): number {
  const { counts, sent, group, jobType, items } = view;
  const retired = sumOf(retiring(view), ({ id }) => items[id]?.busySlots ?? 0);
  const takers = taking(view);
  const alone = takers.filter(({ id }) => items[id]?.alone === 1).length;
  const { prefetch, targetLatencySeconds } = jobType.fleet;
  const needed = neededInstances({
    visible: counts.visible,
    inFlight: Math.max(0, counts.inFlight - retired - alone),
    sent,
    instances: takers.length - alone,
    slots,
    prefetch,
    secondsPerJob,
    targetLatencySeconds,
    minInstances: 0,
    maxInstances: group.maxInstances,
  });
  return Math.min(needed + alone, group.maxInstances);
}
