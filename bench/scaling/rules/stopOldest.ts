import { type Group } from "../group";

/**
 * Lowers desired capacity as ECS and Auto Scaling do, which don't know the busy ones: the oldest terminate, busy or
 * not, unless busy instances protect themselves.
 */
export function stopOldest(group: Group, desired: number, { isBusyProtected = false } = {}): void {
  for (const instance of group.alive) {
    if (group.desired <= desired) return;
    if (!isBusyProtected || instance.running.size === 0) group.stop(instance);
  }
}
