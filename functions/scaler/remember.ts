import { leftOfRecent } from "../../contract/fleet";
import { decodeFleetMemory, emptyFleetMemory, encodeFleetMemory, rememberNeed } from "../../contract/fleetMemory";
import { type FleetView, total } from "./fleetView";
import type { LaunchVerdict } from "./judgeLaunches";

export const deploymentOnlyModule = true;

/** The fleet's memory, by which idle workers stay for a while, brought up to date. */
export function remember(
  view: FleetView,
  { needed, slots }: { needed: number; slots: number },
  { mostInstances }: LaunchVerdict,
): string | undefined {
  const { jobType, now, state, items } = view;
  const { maxKeepSeconds } = jobType.fleet;
  if (maxKeepSeconds === 0) return undefined;
  const at = Math.floor(now / 1_000);
  const memory = decodeFleetMemory(state.memory) ?? emptyFleetMemory(at);
  // Those of instances that are gone, too: their last reports outlast them, and fade.
  const recentJobs = Object.values(items).reduce(
    (sum, { recentJobs = 0, seenAt = now }) => sum + recentJobs * leftOfRecent((now - seenAt) / 1_000),
    0,
  );
  // While launches fail none is late for want of instances that were let go.
  const desired = mostInstances === Infinity ? total(view, (group) => group.desired) : Infinity;
  const updated = rememberNeed(memory, { at, needed, desired, slots, recentJobs, maxKeepSeconds });
  return updated === memory ? state.memory : encodeFleetMemory(updated);
}
