import type { StateChanges } from "./action";
import { type FleetView, inService, type InstanceItem, type Launch, total } from "./fleetView";
import { remedyOf } from "./remedyOf";

/** So many launches that fail in a row make a problem. */
const patience = 3;

/** A failure longer ago says nothing of now. */
const recentMilliseconds = 3_600_000;

const firstDelayMilliseconds = 60_000;
const longestDelayMilliseconds = 900_000;

/** From when a failure is seen: a look doesn't undo what the one before decided. */
const leastDelayMilliseconds = 30_000;

/** The minute's run may come as much too early. */
const earlyMilliseconds = 5_000;

const maxReasonCharacters = 500;

/** How the problem of a refused launch begins. */
const refused = "A launch was refused: ";

const over: StateChanges = {
  failedLaunches: undefined,
  launchProblem: undefined,
  problemAt: undefined,
  inService: undefined,
  failedTemplate: undefined,
  retryAt: undefined,
  triedAt: undefined,
  failedTries: undefined,
};

/** What the launches of late mean for the next one. */
export interface LaunchVerdict {
  /** No launch is asked for now. */
  isBackedOff: boolean;
  /** The time of the next try has come, and nobody has made it yet. */
  isDue: boolean;
  /** Instances that may be asked for: with a problem, one more than are in service, to see whether it launches. */
  mostInstances: number;
  changes: StateChanges;
}

/**
 * Backs off once three launches have failed in a row: the scaler tries one after a minute, and after 2, 4, 8 and 15 minutes
 * each time its own try has failed, however often the group fails by itself in between; until one succeeds, or there is
 * another group or launch template version: somebody has mended it, it may be.
 *
 * A worker that says why it can't start is a problem at once, and so is a launch refused for a reason whose remedy is known.
 */
export function judgeLaunches(view: FleetView): LaunchVerdict {
  const { now, state, launches = [] } = view;
  const isFailing = state.failedLaunches !== undefined;
  const isKnown = isFailing || state.launchProblem !== undefined;
  const failedTemplate = `${view.group.name} ${view.group.templateVersion ?? ""}`;
  if (isKnown && state.failedTemplate !== undefined && state.failedTemplate !== failedTemplate) {
    // The failures so far, of before the retry, count no longer.
    return { isBackedOff: false, isDue: false, mostInstances: Infinity, changes: { ...over, retryAt: now } };
  }
  const finished = launches.filter(({ outcome }) => outcome !== "underWay");
  if (isFailing && finished[0]?.outcome === "succeeded") {
    return { isBackedOff: false, isDue: false, mostInstances: Infinity, changes: over };
  }
  const failedStart = lastFailedStart(view, isFailing ? 0 : (state.retryAt ?? 0));
  const instances = total(view, (group) => inService(group).length);
  if (isFailing && now < (state.retryAt ?? 0) - (view.launches ? earlyMilliseconds : 0)) {
    const text = failedStart && describeProblem(state.failedLaunches!, failedStart.startError!);
    const isNew = text !== undefined && text !== state.launchProblem;
    const changes = { inService: instances, ...(isNew && { launchProblem: text, problemAt: now }) };
    return { isBackedOff: true, isDue: false, mostInstances: 0, changes };
  }
  const failures = failuresInARow(finished, failuresSince(view));
  if (failures.length >= (isFailing ? 1 : patience)) {
    const failedLaunches = (state.failedLaunches ?? 0) + failures.length;
    const failedTries = isFailing ? (state.failedTries ?? 0) + 1 : 0;
    const delay = Math.min(firstDelayMilliseconds * 2 ** failedTries, longestDelayMilliseconds);
    const retryAt = Math.max((isFailing ? state.triedAt! : now) + delay, now + leastDelayMilliseconds);
    const launchProblem = describeProblem(failedLaunches, failedStart?.startError ?? failures[0]!.reason);
    const counts = { failedLaunches, failedTries, triedAt: undefined, retryAt, inService: instances };
    const changes = { ...counts, launchProblem, failedTemplate, problemAt: now };
    return { isBackedOff: true, isDue: false, mostInstances: 0, changes };
  }
  if (isFailing) {
    const isDue = state.triedAt === undefined;
    return { isBackedOff: false, isDue, mostInstances: instances + 1, changes: { inService: instances } };
  }
  const changes = firstProblem(view, failedStart, { inService: instances, failedTemplate });
  return { isBackedOff: false, isDue: false, mostInstances: Infinity, changes };
}

/** Only what happened since the scaler's own try tells how that went. */
function failuresSince({ now, state }: FleetView): number {
  if (state.failedLaunches !== undefined) return state.triedAt ?? Infinity;
  return Math.max(now - recentMilliseconds, state.retryAt ?? 0);
}

function failuresInARow(finished: Launch[], since: number): Launch[] {
  const end = finished.findIndex(({ outcome, startedAt }) => outcome !== "failed" || startedAt <= since);
  return end < 0 ? finished : finished.slice(0, end);
}

/** The last instance whose worker said why it doesn't start. */
function lastFailedStart({ now, items }: FleetView, since: number): InstanceItem | undefined {
  const from = Math.max(now - recentMilliseconds, since);
  return Object.values(items)
    .filter(({ startErrorAt = 0 }) => startErrorAt > from)
    .sort((one, other) => other.startErrorAt! - one.startErrorAt!)[0];
}

/**
 * While no launch has failed for good yet, what the last worker says counts until another one works, and what AWS said of
 * the last launch until it says something else.
 */
function firstProblem(view: FleetView, failedStart: InstanceItem | undefined, more: StateChanges): StateChanges {
  const { items, refusal, launches, state } = view;
  const isAnyHeard = Object.values(items).some(({ seenAt = 0 }) => seenAt > (failedStart?.startErrorAt ?? 0));
  if (!failedStart || isAnyHeard) {
    if (refusal && refusal.startedAt > failuresSince(view)) {
      return { ...more, launchProblem: refused + withRemedy(refusal.reason), problemAt: refusal.startedAt };
    }
    if (!launches && state.launchProblem?.startsWith(refused)) return { inService: more.inService };
    return { launchProblem: undefined, problemAt: undefined, inService: undefined, failedTemplate: undefined };
  }
  const launchProblem = describeStart(failedStart.startError!);
  return { ...more, launchProblem, problemAt: failedStart.startErrorAt };
}

function describeProblem(count: number, reason: string): string {
  return `${count} launches failed in a row; the last: ${withRemedy(reason)}`;
}

/** The reason with what ends it. */
function withRemedy(reason: string): string {
  const remedy = remedyOf(reason);
  const text = reason.slice(0, maxReasonCharacters);
  return remedy === undefined ? text : `${text.replace(/\.$/, "")}. ${remedy}`;
}

function describeStart(reason: string): string {
  return `A worker did not start: ${reason.slice(0, maxReasonCharacters)}`;
}
