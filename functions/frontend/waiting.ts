import type { JobRecord } from "../../contract/records/record";
import type { Waiting } from "../../contract/records/waiting";
import type { FleetLook } from "./services/fleets";

/**
 * Reason why a queued job waits: the first one that its record, as it should be read, and its type's fleet confirm.
 * It is never a guess: without confirmation it is `unknown`.
 */
export function waitingOf(record: JobRecord, fleet: FleetLook | undefined, now: number): Waiting | undefined {
  const { state, attempts, error, notBefore, retryAt, cancelRequestedAt, retriedAt, submittedAt } = record;
  if (state !== "queued") return undefined;
  const timeOf = (milliseconds: number) => new Date(milliseconds).toISOString();
  const asOf = timeOf(now);
  // Times in the same format compare as texts.
  if (notBefore !== undefined && notBefore > asOf) {
    return { reason: "delayed", detail: "Its time has not come", until: notBefore, asOf };
  }
  // While an instance is in service others may fail to start, and the job may still be next.
  if (fleet?.launchProblem !== undefined && !fleet.inService) {
    const { launchProblem, problemAt = now, triedAt, retryAt: nextAt = 0 } = fleet;
    const next = triedAt === undefined ? "" : `; another launch is tried since ${timeOf(triedAt)}`;
    const until = nextAt > now ? { until: timeOf(nextAt) } : {};
    return { reason: "no-workers", detail: launchProblem + next, ...until, asOf: timeOf(problemAt) };
  }
  if (retryAt !== undefined && retryAt > asOf) {
    const detail = `Attempt ${attempts} failed: ${error?.name}: ${error?.message}`;
    return { reason: "backoff", detail, until: retryAt, asOf };
  }
  if (cancelRequestedAt !== undefined) {
    return { reason: "unknown", detail: "The worker that gets it cancels it", since: cancelRequestedAt, asOf };
  }
  const since = attempts === 0 ? { since: retriedAt ?? notBefore ?? submittedAt } : {};
  return { reason: "unknown", detail: `It waits for a worker; attempts so far: ${attempts}`, ...since, asOf };
}
