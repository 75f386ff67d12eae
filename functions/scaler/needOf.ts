import { neededInstances } from "../../contract/capacity";
import { type FleetView, inService, retiring, total } from "./fleetView";
import type { Figures } from "./learn";

export const deploymentOnlyModule = true;

/**
 * The instances that the type's backlog needs, whatever the minimum of its groups. Those that retire take no job: what they
 * still do is neither backlog nor a reason for fewer.
 */
export function needOf(view: FleetView, { secondsPerJob, slots }: Figures): number {
  const { counts, sent, group, jobType, items } = view;
  const retired = retiring(view).reduce((sum, { id }) => sum + (items[id]?.busySlots ?? 0), 0);
  const { prefetch, targetLatencySeconds } = jobType.fleet;
  return neededInstances({
    visible: counts.visible,
    inFlight: Math.max(0, counts.inFlight - retired),
    sent,
    instances: total(view, (each) => inService(each).length) - retiring(view).length,
    slots,
    prefetch,
    secondsPerJob,
    targetLatencySeconds,
    minInstances: 0,
    maxInstances: group.maxInstances,
  });
}
