import type { StateChanges } from "./action";
import { type FleetView, type InstanceItem, type Launch, serving } from "./fleetView";
import { remedyOf } from "./remedyOf";

/** Consecutive failed launches before the scaler backs off. */
const maxFailures = 3;

/** An older failure no longer counts. */
const recentMilliseconds = 3_600_000;

const firstDelayMilliseconds = 60_000;
const longestDelayMilliseconds = 900_000;

/** Delay from which a failure counts: a check doesn't undo the decision of the one before. */
const leastDelayMilliseconds = 30_000;

/** Margin for a minute's run that comes early. */
const earlyMilliseconds = 5_000;

const maxReasonCharacters = 500;

/** Beginning of the problem of a refused launch. */
const refused = "A launch was refused: ";

const cleared: StateChanges = {
  failedLaunches: undefined,
  launchProblem: undefined,
  failedTemplate: undefined,
  retryAt: undefined,
  triedAt: undefined,
  failedTries: undefined,
};

/** The meaning of recent launches for the next one. */
export interface LaunchVerdict {
  /** True if the time of the next try has come, and it hasn't been made yet. */
  isDue?: boolean;
  /**
   * Most instances that may be asked for: 0 if none may be launched now; after failures one more than are in service,
   * to see if it launches; undefined if launches don't fail.
   */
  mostInstances?: number;
  changes: StateChanges;
}

/**
 * Backs off once three launches have failed in a row: the scaler tries one after a minute, and after 2, 4, 8 and 15
 * minutes each time its own try has failed, however often the group fails by itself in between; until one succeeds, or
 * there is another group or launch template version, which may be the fix.
 *
 * A worker's reason why it can't start is a problem at once, and so is a launch refused for a reason with a known
 * remedy.
 */
export function judgeLaunches(view: FleetView): LaunchVerdict {
  const { now, state, launches = [] } = view;
  const isFailing = state.failedLaunches !== undefined;
  const isKnown = isFailing || state.launchProblem !== undefined;
  const failedTemplate = `${view.group.name} ${view.group.templateVersion ?? ""}`;
  if (isKnown && state.failedTemplate !== undefined && state.failedTemplate !== failedTemplate) {
    // Failures from before the retry no longer count.
    return { changes: { ...cleared, retryAt: now } };
  }
  const finished = launches.filter(({ outcome }) => outcome !== "underWay");
  if (isFailing && finished[0]?.outcome === "succeeded") return { changes: cleared };
  const failedStart = lastFailedStart(view, isFailing ? 0 : (state.retryAt ?? 0));
  if (isFailing && now < (state.retryAt ?? 0) - (view.launches ? earlyMilliseconds : 0)) {
    if (!failedStart) return { mostInstances: 0, changes: {} };
    const launchProblem = describeProblem(state.failedLaunches!, failedStart.startError!);
    return { mostInstances: 0, changes: { launchProblem } };
  }
  const failures = failuresInARow(finished, failuresSince(view));
  if (failures.length >= (isFailing ? 1 : maxFailures)) {
    const failedLaunches = (state.failedLaunches ?? 0) + failures.length;
    const failedTries = isFailing ? (state.failedTries ?? 0) + 1 : 0;
    const delay = Math.min(firstDelayMilliseconds * 2 ** failedTries, longestDelayMilliseconds);
    const retryAt = Math.max((isFailing ? state.triedAt! : now) + delay, now + leastDelayMilliseconds);
    const launchProblem = describeProblem(failedLaunches, failedStart?.startError ?? failures[0]!.reason);
    const counts = { failedLaunches, failedTries, triedAt: undefined, retryAt };
    const changes = { ...counts, launchProblem, failedTemplate };
    return { mostInstances: 0, changes };
  }
  if (isFailing) {
    const isDue = state.triedAt === undefined;
    return { isDue, mostInstances: serving(view).length + 1, changes: {} };
  }
  return { changes: firstProblem(view, failedStart, failedTemplate) };
}

/** Only events since the scaler's own try show its outcome. */
function failuresSince({ now, state }: FleetView): number {
  if (state.failedLaunches !== undefined) return state.triedAt ?? Infinity;
  return Math.max(now - recentMilliseconds, state.retryAt ?? 0);
}

function failuresInARow(finished: Launch[], since: number): Launch[] {
  const end = finished.findIndex(({ outcome, startedAt }) => outcome !== "failed" || startedAt <= since);
  return end < 0 ? finished : finished.slice(0, end);
}

/** The last instance whose worker reported why it doesn't start. */
function lastFailedStart({ now, items }: FleetView, since: number): InstanceItem | undefined {
  const from = Math.max(now - recentMilliseconds, since);
  return Object.values(items)
    .filter(({ startErrorAt = 0 }) => startErrorAt > from)
    .sort((one, other) => other.startErrorAt! - one.startErrorAt!)[0];
}

/**
 * Before the limit of failures is reached, the last worker's reason counts until another worker starts, and AWS's
 * reason for the last launch until the next launch.
 */
function firstProblem(view: FleetView, failedStart: InstanceItem | undefined, failedTemplate: string): StateChanges {
  const { items, refusal, launches, state } = view;
  const isAnyHeard = Object.values(items).some(({ seenAt = 0 }) => seenAt > (failedStart?.startErrorAt ?? 0));
  if (!failedStart || isAnyHeard) {
    if (refusal && refusal.startedAt > failuresSince(view)) {
      return { failedTemplate, launchProblem: refused + withRemedy(refusal.reason) };
    }
    if (!launches && state.launchProblem?.startsWith(refused)) return {};
    return { launchProblem: undefined, failedTemplate: undefined };
  }
  const reason = failedStart.startError!.slice(0, maxReasonCharacters);
  return { failedTemplate, launchProblem: `A worker did not start: ${reason}` };
}

function describeProblem(count: number, reason: string): string {
  return `${count} launches failed in a row; the last: ${withRemedy(reason)}`;
}

/** The reason with its remedy. */
function withRemedy(reason: string): string {
  const remedy = remedyOf(reason);
  const text = reason.slice(0, maxReasonCharacters);
  return remedy === undefined ? text : `${text.replace(/\.$/, "")}. ${remedy}`;
}
