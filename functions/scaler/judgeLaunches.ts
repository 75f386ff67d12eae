import type { StateChanges } from "./action";
import { type FleetView, inService, type Launch, total } from "./fleetView";

export const deploymentOnlyModule = true;

/** So many launches that fail in a row make a problem. */
const patience = 3;

/** A failure longer ago says nothing of now. */
const recentMilliseconds = 3_600_000;

const firstDelayMilliseconds = 60_000;
const longestDelayMilliseconds = 900_000;

const over: StateChanges = {
  failedLaunches: undefined,
  launchProblem: undefined,
  failedTemplate: undefined,
  retryAt: undefined,
};

/** What the launches of late mean for the next one. */
export interface LaunchVerdict {
  /** No launch is asked for now. */
  isBackedOff: boolean;
  /** Instances that may be asked for: with a problem, one more than are in service, to see whether it launches. */
  mostInstances: number;
  changes: StateChanges;
}

/**
 * Backs off once three launches have failed in a row, for a minute and twice as long after each further failure, until one
 * succeeds, or there is another group or launch template version: somebody has mended it, it may be.
 */
export function judgeLaunches(view: FleetView): LaunchVerdict {
  const { now, state, launches = [] } = view;
  const isFailing = state.failedLaunches !== undefined;
  const failedTemplate = `${view.group.name} ${view.group.templateVersion ?? ""}`;
  if (isFailing && state.failedTemplate !== undefined && state.failedTemplate !== failedTemplate) {
    // The failures so far, of before the retry, count no longer.
    return { isBackedOff: false, mostInstances: Infinity, changes: { ...over, retryAt: now } };
  }
  const finished = launches.filter(({ outcome }) => outcome !== "underWay");
  if (isFailing && finished[0]?.outcome === "succeeded") {
    return { isBackedOff: false, mostInstances: Infinity, changes: over };
  }
  if (isFailing && now < (state.retryAt ?? 0)) return { isBackedOff: true, mostInstances: 0, changes: {} };
  const failures = failuresInARow(finished, Math.max(now - recentMilliseconds, state.retryAt ?? 0));
  if (failures.length >= (isFailing ? 1 : patience)) {
    const failedLaunches = (state.failedLaunches ?? 0) + failures.length;
    const delay = Math.min(firstDelayMilliseconds * 2 ** (failedLaunches - patience), longestDelayMilliseconds);
    const launchProblem = describeProblem(failedLaunches, failures[0]!);
    const changes = { failedLaunches, launchProblem, failedTemplate, retryAt: now + delay };
    return { isBackedOff: true, mostInstances: 0, changes };
  }
  const mostInstances = isFailing ? total(view, (group) => inService(group).length) + 1 : Infinity;
  return { isBackedOff: false, mostInstances, changes: {} };
}

function failuresInARow(finished: Launch[], since: number): Launch[] {
  const end = finished.findIndex(({ outcome, startedAt }) => outcome !== "failed" || startedAt <= since);
  return end < 0 ? finished : finished.slice(0, end);
}

function describeProblem(count: number, { reason }: Launch): string {
  return `${count} launches failed in a row; the last: ${reason.slice(0, 500)}`;
}
