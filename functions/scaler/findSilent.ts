import { reportSeconds, silentSeconds } from "../../contract/fleet";
import type { Action } from "./action";
import { type FleetView, groupsOf, inService } from "./fleetView";

export const deploymentOnlyModule = true;

/** A silence is watched for this long before it counts: workers that couldn't reach the table report again meanwhile. */
const watchMilliseconds = (reportSeconds + 10) * 1_000;

/**
 * Instances in service whose workers have been silent for too long, or never spoke: to be marked unhealthy, so that they
 * are replaced. Auto Scaling doesn't say how long an instance has been in service, so one that never spoke is first noted
 * down. A silence counts only once it was seen twice: after an outage of the table all would seem silent at first.
 */
export function findSilent(view: FleetView): Action[] {
  const { now, items } = view;
  const silence = silentSeconds * 1_000;
  return groupsOf(view)
    .flatMap(inService)
    .filter(({ isHealthy }) => isHealthy)
    .flatMap(({ id: instanceId }): Action[] => {
      const { seenAt, silentSince } = items[instanceId] ?? {};
      const quietFor = seenAt === undefined ? Infinity : now - seenAt;
      if (quietFor < silence - 60_000) return [];
      const isWatched = silentSince !== undefined && silentSince > (seenAt ?? 0);
      if (!isWatched) return [{ kind: "watch", instanceId }];
      const watchedFor = now - silentSince;
      const isSilent = seenAt === undefined ? watchedFor >= silence : quietFor >= silence;
      if (!isSilent || watchedFor < watchMilliseconds) return [];
      const silentForSeconds = Math.round(
        Math.min(quietFor, now - Math.min(seenAt ?? silentSince, silentSince)) / 1_000,
      );
      return [{ kind: "markUnhealthy", instanceId, silentForSeconds }];
    });
}
