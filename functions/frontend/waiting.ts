import { decodeCounts } from "../../contract/fleet/counts";
import type { FleetState } from "../../contract/fleet/state";
import type { JobRecord } from "../../contract/records/record";
import type { Waiting } from "../../contract/records/waiting";

/** Age from which the scaler's counts prove nothing: it counts each minute while a type has work. */
const oldMilliseconds = 120_000;

/** Time until SQS's counts show a message ("GetQueueAttributes", Amazon SQS API Reference). */
const consistentMilliseconds = 60_000;

/** Age from which a job's message should be in its queue. */
const publishedMilliseconds = 120_000;

const timeOf = (milliseconds: number) => new Date(milliseconds).toISOString();

/** True if no worker is at the job: it is queued, or its worker has not kept its lease, and no other has taken it. */
export function isWaiting({ state, leaseUntil = Infinity }: JobRecord, now: number): boolean {
  return state === "queued" || (state === "running" && leaseUntil <= now);
}

/** Time from which the job could be taken, for all that its record says: epoch milliseconds. */
export function readySince(record: JobRecord): number {
  const { state, submittedAt, retriedAt, notBefore, retryAt, leaseUntil = 0, attemptLog } = record;
  const times = [submittedAt, retriedAt, notBefore, retryAt, attemptLog?.at(-1)?.endedAt];
  return Math.max(state === "running" ? leaseUntil : 0, ...times.map((time) => Date.parse(time ?? submittedAt)));
}

/**
 * Reason why a job waits: the first one that its record, as it should be read, and its type's fleet confirm.
 * It is never a guess: without confirmation it is `unknown`.
 */
export function waitingOf(record: JobRecord, fleet: FleetState = {}, now: number): Waiting | undefined {
  const { state, attempts, error, notBefore, retryAt, cancelRequestedAt, retriedAt, submittedAt, suspect } = record;
  if (!isWaiting(record, now)) return undefined;
  const asOf = timeOf(now);
  // Times in the same format compare as texts.
  if (notBefore !== undefined && notBefore > asOf) {
    return { reason: "delayed", detail: "Its time has not come", until: notBefore, asOf };
  }
  const { launchProblem, countsAt = 0, secondsPerJob, backlogSince = countsAt, startingSince = countsAt } = fleet;
  const [visible, inFlight, delayed, inService, , pending, desired, , slots, busy] = decodeCounts(fleet.counts) ?? [];
  // While an instance is in service others may fail to start, and the job may still be next.
  if (launchProblem !== undefined && !inService) {
    const { triedAt, retryAt: nextAt = 0 } = fleet;
    const next = triedAt === undefined ? "" : `; another launch is tried since ${timeOf(triedAt)}`;
    const until = nextAt > now ? { until: timeOf(nextAt) } : {};
    return { reason: "no-workers", detail: launchProblem + next, ...until, asOf: timeOf(countsAt || now) };
  }
  if (retryAt !== undefined && retryAt > asOf) {
    const detail = `Attempt ${attempts} failed: ${error?.name}: ${error?.message}`;
    return { reason: "backoff", detail, until: retryAt, asOf };
  }
  if (cancelRequestedAt !== undefined) {
    return { reason: "unknown", detail: "The worker that gets it cancels it", since: cancelRequestedAt, asOf };
  }
  const ready = readySince(record);
  const isLost = state === "running";
  const waits = isLost
    ? `The worker of attempt ${attempts} has not kept its lease, and no other has taken the job yet`
    : `It waits for a worker; attempts so far: ${attempts}`;
  const begin = isLost ? timeOf(ready) : attempts === 0 ? (retriedAt ?? notBefore ?? submittedAt) : undefined;
  const since = begin === undefined ? {} : { since: begin };
  const unknown = (more: string): Waiting => ({ reason: "unknown", detail: `${waits}; ${more}`, ...since, asOf });
  if (visible === undefined) return unknown("its type has not been counted yet");
  const counted = timeOf(countsAt);
  if (countsAt <= ready || now - countsAt > oldMilliseconds) return unknown(`its type was last counted at ${counted}`);
  if (!inService && desired! > 0) {
    const detail = `No instance is in service; ${pending} of ${desired} are starting`;
    return { reason: "starting", detail, since: timeOf(startingSince), asOf: counted };
  }
  if (suspect && busy! > 0) {
    const detail = "It may bring its worker down: it waits for an instance without other jobs";
    return { reason: "behind", detail, since: timeOf(ready), asOf: counted };
  }
  if (inService && slots! > 0 && busy! >= slots!) {
    const start = countsAt + (visible * (secondsPerJob ?? NaN) * 1_000) / slots!;
    // A time that has passed was a wrong estimate.
    const estimated = start > now && { estimatedStartAt: timeOf(start) };
    const detail = `All slots are busy: ${slots}, of ${inService} ${inService > 1 ? "instances" : "instance"}`;
    return { reason: "behind", detail, since: timeOf(backlogSince), ahead: visible, ...estimated, asOf: counted };
  }
  const isShown = now - ready > publishedMilliseconds && countsAt - ready > consistentMilliseconds;
  // Of a job that has begun, another submission publishes nothing.
  if (isShown && !isLost && visible + inFlight! + delayed! === 0) {
    const detail = "Its message is not in its queue: submit it again with this id";
    return { reason: "unpublished", detail, since: timeOf(ready), asOf: counted };
  }
  return unknown(`of its type ${visible} jobs wait, and ${busy} of ${slots} slots are busy`);
}
