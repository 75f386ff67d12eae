import { silentSeconds } from "../../../contract/fleet/state";
import type { Action } from "./action";
import { type FleetView, type Group, groupsOf, inService, retiring } from "./fleetView";

/**
 * The next instance of an old launch template version to retire: the least busy one. One at a time, and only while
 * the groups have all desired instances: the last one's replacement is then in service.
 */
export function chooseRetirement(view: FleetView): Action[] {
  const { now, items, state } = view;
  const groups = groupsOf(view);
  if (state.failedLaunches !== undefined) return [];
  if (groups.some((group) => inService(group).length < group.desired)) return [];
  if (retiring(view).length > 0) return [];
  const busySlots = (id: string) => items[id]?.busySlots ?? 0;
  return (
    groups
      .flatMap(outdated)
      // A worker that doesn't report would not learn of it either.
      .filter((id) => now - (items[id]?.seenAt ?? 0) < silentSeconds * 1_000)
      .sort((one, other) => busySlots(one) - busySlots(other))
      .slice(0, 1)
      .map((instanceId) => ({ kind: "retire", instanceId }))
  );
}

function outdated(group: Group): string[] {
  if (group.templateVersion === undefined) return [];
  return inService(group)
    .filter(
      ({ templateVersion, isHealthy }) =>
        isHealthy && templateVersion !== undefined && templateVersion !== group.templateVersion,
    )
    .map(({ id }) => id);
}
