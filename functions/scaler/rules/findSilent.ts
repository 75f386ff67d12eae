import { reportSeconds, silentSeconds, wakingSeconds } from "../../../contract/fleet/state";
import type { Action, StateChanges } from "./action";
import { type FleetView, type Instance, serving } from "./fleetView";

const silenceMilliseconds = silentSeconds * 1_000;

/** Time that a silence is watched before it counts: workers that couldn't reach the table report again meanwhile. */
const watchMilliseconds = (reportSeconds + 10) * 1_000;

/** Time after a raise from zero in which a worker may not have reported yet. */
const wakingMilliseconds = (wakingSeconds + 2 * reportSeconds) * 1_000;

/** Longest time between two replacements if no worker reports. */
const longestPauseMilliseconds = 21_600_000;

/**
 * Instances in service whose workers have been silent for too long, or never reported: to be marked unhealthy, so that
 * they are replaced, one in a run. Auto Scaling doesn't say how long an instance has been in service, so one that
 * never reported is first noted, unless the whole fleet is too young. A silence counts only once two checks saw it:
 * after an outage of the table all workers would seem silent at first. If no instance at all reports, workers that
 * can't reach the table but go on working are as likely as workers that hang: after the first, each further replacement
 * waits twice as long as the one before.
 */
export function findSilent(view: FleetView): { actions: Action[]; changes: StateChanges } {
  const { now, items, state } = view;
  const instances = serving(view).filter(({ isHealthy }) => isHealthy);
  const silences = instances.flatMap((instance) => judge(instance, view));
  const watched = silences.filter(({ kind }) => kind === "watch");
  const marked = silences.filter(({ kind }) => kind === "markUnhealthy").slice(0, 1);
  const isHeard = instances.some(({ id }) => now - (items[id]?.seenAt ?? 0) < silenceMilliseconds - 60_000);
  if (isHeard) {
    return { actions: [...watched, ...marked], changes: { silentMarks: undefined, silentRetryAt: undefined } };
  }
  if (marked.length === 0 || now < (state.silentRetryAt ?? 0)) return { actions: watched, changes: {} };
  const silentMarks = (state.silentMarks ?? 0) + 1;
  const pause = Math.min(silenceMilliseconds * 2 ** silentMarks, longestPauseMilliseconds);
  return { actions: [...watched, ...marked], changes: { silentMarks, silentRetryAt: now + pause } };
}

function judge({ id: instanceId }: Instance, { now, items, state }: FleetView): Action[] {
  const { seenAt, silentSince = 0 } = items[instanceId] ?? {};
  if (seenAt === undefined && now - (state.wokenAt ?? 0) < wakingMilliseconds) return [];
  const quietFor = seenAt === undefined ? Infinity : now - seenAt;
  if (quietFor < silenceMilliseconds - 60_000) return [];
  const isWatched = silentSince > (seenAt ?? 0);
  if (!isWatched) return [{ kind: "watch", instanceId }];
  const watchedFor = now - silentSince;
  const isSilent = (seenAt === undefined ? watchedFor : quietFor) >= silenceMilliseconds;
  if (!isSilent || watchedFor < watchMilliseconds) return [];
  const silentForSeconds = Math.round(Math.min(quietFor, now - Math.min(seenAt ?? silentSince, silentSince)) / 1_000);
  return [{ kind: "markUnhealthy", instanceId, silentForSeconds }];
}
