import { limits } from "../../../contract/limits";
import { type JobError, type JobRecord } from "../../../contract/records/record";
import { type ClaimRequest } from "./records";
import { strayReason } from "./strayMessage";

/** Effect of a claim, given the job's record. */
export type ClaimDecision =
  /** Take the job; this is the attempt's number. A fresh start forgets the earlier attempts. */
  | { action: "start"; attempt: number; isFresh: boolean }
  /** This very claim was written before, and only its answer was lost. */
  | { action: "already-started"; attempt: number }
  | { action: "exhaust"; error: JobError }
  /**
   * Leave it queued, to run alone: it may have brought its worker down. The attempt that was lost with it doesn't
   * count.
   */
  | { action: "suspect"; attempts: number; lossesAlone: number; deferrals: number }
  | { action: "cancel" }
  | { action: "drop"; because: string }
  /** The message is no duplicate: keep it as a dead letter. */
  | { action: "refuse"; reason: string }
  | { action: "wait"; until: number };

/** A job that loses this number of workers while it runs alone has failed. */
export const maxLossesAlone = 2;

/**
 * Longest possible time to the end of a lease: the longest that any setting allows, plus the workers' clock difference.
 */
const longestLeaseMilliseconds = limits.maxVisibilitySeconds * 1_000 + 300_000;

/** Decides on a message from the record. The first rule that fits counts. */
export function decideClaim(record: JobRecord | undefined, request: ClaimRequest): ClaimDecision {
  if (record === undefined) return { action: "start", attempt: 1, isFresh: true };
  switch (record.state) {
    case "succeeded":
    case "cancelled":
      return decideOnEnded(record, request);
    case "failed":
      return decideOnFailed(record, request);
    case "running":
      return decideOnRunning(record, request) ?? decideOnWaiting(record, request);
    case "queued":
      return decideOnWaiting(record, request);
  }
}

/** A redriven dead letter is a new message; the original, received again, was merely not deleted. */
function decideOnFailed(record: JobRecord, request: ClaimRequest): ClaimDecision {
  if (request.isRedriven && record.messageId !== request.messageId) {
    return { action: "start", attempt: 1, isFresh: true };
  }
  return decideOnEnded(record, request);
}

/** Duplicates of an ended job are useless; a message that retries this very end, or was sent again, is not. */
function decideOnEnded(record: JobRecord, request: ClaimRequest): ClaimDecision {
  if (request.job.retry && request.job.retry.of === record.finishedAt) {
    return { action: "start", attempt: 1, isFresh: true };
  }
  const reason = strayReason(record, request);
  if (reason !== undefined) return { action: "refuse", reason };
  return { action: "drop", because: `the job has ${record.state === "cancelled" ? "been cancelled" : record.state}` };
}

function decideOnRunning(record: JobRecord, request: ClaimRequest): ClaimDecision | undefined {
  const leaseUntil = record.leaseUntil ?? 0;
  if (leaseUntil <= request.now) return undefined;
  if (record.messageId !== request.messageId) {
    return { action: "drop", because: "another message of the job is being worked on" };
  }
  // No worker leases a job for this long: its clock was far ahead, and the lease doesn't count.
  if (leaseUntil > request.now + longestLeaseMilliseconds) return undefined;
  return record.worker === request.worker && leaseUntil === request.leaseUntil
    ? { action: "already-started", attempt: record.attempts }
    : { action: "wait", until: leaseUntil };
}

function decideOnWaiting(record: JobRecord, request: ClaimRequest): ClaimDecision {
  if (record.cancelRequestedAt !== undefined) return { action: "cancel" };
  if (record.state === "running") return decideOnLost(record);
  if (record.attempts >= request.maxAttempts) return { action: "exhaust", error: exhaustion(record) };
  if (record.suspect && !request.isAlone) {
    const { attempts, lossesAlone = 0, deferrals = 0 } = record;
    return { action: "suspect", attempts, lossesAlone, deferrals: deferrals + 1 };
  }
  return { action: "start", attempt: record.attempts + 1, isFresh: false };
}

/** Its worker ended or went silent. Another job may have caused that, unless it ran alone. */
function decideOnLost(record: JobRecord): ClaimDecision {
  const { attempts, lossesAlone: before = 0 } = record;
  const lossesAlone = before + (record.suspect ? 1 : 0);
  if (lossesAlone < maxLossesAlone) {
    return { action: "suspect", attempts: Math.max(0, attempts - 1), lossesAlone, deferrals: 1 };
  }
  // It may have been lost again while it was being dead-lettered.
  const isRecorded = before >= maxLossesAlone && record.error !== undefined;
  const message = `Attempt ${attempts} was cut off: its worker ended or went silent (${record.worker ?? "unknown"}), for the second time while the job ran alone`;
  return { action: "exhaust", error: isRecorded ? record.error! : { name: "WorkerLost", message } };
}

function exhaustion(record: JobRecord): JobError {
  return record.error ?? { name: "NoAttemptsLeft", message: `All ${record.attempts} attempts were used` };
}
