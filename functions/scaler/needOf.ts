import { neededInstances } from "../../contract/capacity";
import { type FleetView, inService, total } from "./fleetView";
import type { Figures } from "./learn";

export const deploymentOnlyModule = true;

/** The instances that the type's backlog needs, whatever the minimum of its groups. */
export function needOf(view: FleetView, { secondsPerJob, slots }: Figures): number {
  const { counts, sent, group, jobType } = view;
  const { prefetch, targetLatencySeconds } = jobType.fleet;
  return neededInstances({
    ...counts,
    sent,
    instances: total(view, (each) => inService(each).length),
    slots,
    prefetch,
    secondsPerJob,
    targetLatencySeconds,
    minInstances: 0,
    maxInstances: group.maxInstances,
  });
}
