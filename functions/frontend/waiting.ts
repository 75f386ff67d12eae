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
  const { attempts, error, notBefore, retryAt, cancelRequestedAt } = record;
  if (!isWaiting(record, now)) return undefined;
  const asOf = timeOf(now);
  // Times in the same format compare as texts.
  if (notBefore !== undefined && notBefore > asOf) {
    return { reason: "delayed", detail: "Its time has not come", until: notBefore, asOf };
  }
  const [, , , inService] = decodeCounts(fleet.counts) ?? [];
  // While an instance is in service others may fail to start, and the job may still be next.
  if (fleet.launchProblem !== undefined && !inService) return withoutWorkers(fleet.launchProblem, fleet, now);
  if (retryAt !== undefined && retryAt > asOf) {
    const detail = `Attempt ${attempts} failed: ${error?.name}: ${error?.message}`;
    return { reason: "backoff", detail, until: retryAt, asOf };
  }
  if (cancelRequestedAt !== undefined) {
    return { reason: "unknown", detail: "The worker that gets it cancels it", since: cancelRequestedAt, asOf };
  }
  return waitingForSlot(record, fleet, now);
}

function withoutWorkers(launchProblem: string, fleet: FleetState, now: number): Waiting {
  const { triedAt, retryAt = 0, countsAt } = fleet;
  const next = triedAt === undefined ? "" : `; another launch is tried since ${timeOf(triedAt)}`;
  const until = retryAt > now ? { until: timeOf(retryAt) } : {};
  return { reason: "no-workers", detail: launchProblem + next, ...until, asOf: timeOf(countsAt || now) };
}

/** The reason of a job that could be taken, by the scaler's counts of its type. */
function waitingForSlot(record: JobRecord, fleet: FleetState, now: number): Waiting {
  const ready = readySince(record);
  const { countsAt = 0, secondsPerJob, backlogSince = countsAt, startingSince = countsAt } = fleet;
  const counts = decodeCounts(fleet.counts);
  if (!counts) return unconfirmed(record, now, "its type has not been counted yet");
  const [visible, inFlight, delayed, inService, , pending, desired, , slots, busy] = counts;
  const asOf = timeOf(countsAt);
  if (countsAt <= ready || now - countsAt > oldMilliseconds) {
    return unconfirmed(record, now, `its type was last counted at ${asOf}`);
  }
  if (!inService && desired > 0) {
    const detail = `No instance is in service; ${pending} of ${desired} are starting`;
    return { reason: "starting", detail, since: timeOf(startingSince), asOf };
  }
  if (record.suspect && busy > 0) {
    const detail = "It may bring its worker down: it waits for an instance without other jobs";
    return { reason: "behind", detail, since: timeOf(ready), asOf };
  }
  if (inService && slots > 0 && busy >= slots) {
    const start = countsAt + (visible * (secondsPerJob ?? NaN) * 1_000) / slots;
    // A time that has passed was a wrong estimate.
    const estimated = start > now && { estimatedStartAt: timeOf(start) };
    const detail = `All slots are busy: ${slots}, of ${inService} ${inService > 1 ? "instances" : "instance"}`;
    return { reason: "behind", detail, since: timeOf(backlogSince), ahead: visible, ...estimated, asOf };
  }
  const isShown = now - ready > publishedMilliseconds && countsAt - ready > consistentMilliseconds;
  // Of a job that has begun, another submission publishes nothing.
  if (isShown && record.state === "queued" && visible + inFlight + delayed === 0) {
    const detail = "Its message is not in its queue: submit it again with this id";
    return { reason: "unpublished", detail, since: timeOf(ready), asOf };
  }
  return unconfirmed(record, now, `of its type ${visible} jobs wait, and ${busy} of ${slots} slots are busy`);
}

function unconfirmed(record: JobRecord, now: number, known: string): Waiting {
  const { state, attempts, retriedAt, notBefore, submittedAt } = record;
  const asOf = timeOf(now);
  if (state === "running") {
    const lost = `The worker of attempt ${attempts} has not kept its lease, and no other has taken the job yet`;
    return { reason: "unknown", detail: `${lost}; ${known}`, since: timeOf(readySince(record)), asOf };
  }
  const detail = `It waits for a worker; attempts so far: ${attempts}; ${known}`;
  const since = attempts === 0 && { since: retriedAt ?? notBefore ?? submittedAt };
  return { reason: "unknown", detail, ...since, asOf };
}
