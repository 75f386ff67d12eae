import { limits } from "../limits";
import type { JobRecord } from "./record";

/**
 * Margin beyond the queues' retention: a job may have spent time in SNS, or in a failure queue, before it got there.
 */
const marginSeconds = 24 * 3_600;

/** Seconds after the last sending of a job's message until the message is certainly gone. */
export const lostAfterSeconds = limits.queueRetentionSeconds + marginSeconds;

/**
 * The record as a reader should see it at this time. SQS drops a message once its queue's retention is over, counted
 * from when it was sent, so a job that has not ended by then never will: it reads as failed, though its record doesn't
 * say so. A lease that ended sooner proves nothing yet, since the job's message is still there for another worker.
 */
export function recordAsRead(record: JobRecord, now: number): JobRecord {
  if (record.state !== "queued" && record.state !== "running") return record;
  if (record.state === "running" && (record.leaseUntil ?? 0) > now) return record;
  // The message of the last attempt was sent before the attempt started.
  const { submittedAt, startedAt = submittedAt, notBefore = submittedAt, retriedAt = submittedAt } = record;
  const sentBy = Math.max(...[submittedAt, startedAt, notBefore, retriedAt].map((time) => Date.parse(time)));
  const goneAt = sentBy + lostAfterSeconds * 1_000;
  if (!(now > goneAt)) return record;
  const error =
    record.state === "running"
      ? { name: "WorkerLost", message: `Attempt ${record.attempts} was cut off, and the job's message is gone` }
      : { name: "Expired", message: "No worker took the job for as long as its queue keeps it" };
  return { ...record, state: "failed", error: record.error ?? error, finishedAt: new Date(goneAt).toISOString() };
}
