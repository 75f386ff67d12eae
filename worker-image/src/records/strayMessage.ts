import { createHash } from "node:crypto";
import { submissionText } from "../../../contract/http/submissionText";
import { type Submission } from "../../../contract/messages/envelope";
import { type JobRecord } from "../../../contract/records/record";
import { type ClaimRequest } from "./records";

/**
 * Reason why a message of an ended job is no duplicate, and so to be kept: the job was sent again, changed or
 * not, without a `reason`. Undefined for a duplicate, which can be dropped.
 */
export function strayReason(record: JobRecord, { job, messageId }: ClaimRequest): string | undefined {
  if (job.retry) return undefined;
  const way = "send it with the attribute `reason`, as dead letters have it, or under a new id";
  if (record.state === "failed") {
    if (record.messageId === messageId) return undefined;
    // A message from before the retry, such as that of a job that was cancelled: the last failure has its own letter.
    const { retriedAt, submittedAt } = record;
    if (retriedAt !== undefined && Date.parse(submittedAt) === Date.parse(job.submittedAt)) return undefined;
    return `Job ${job.id} has failed before: ${way}`;
  }
  // A retry changes the record's start time, not that of the first message.
  const digests = [...digestsOf(record, job), ...digestsOf(job, job)];
  if (record.digest === undefined || digests.includes(record.digest)) return undefined;
  const ended = record.state === "succeeded" ? "succeeded" : "been cancelled";
  return `Job ${job.id} has ${ended} with another payload, tenant, labels or type: send it under a new id`;
}

/**
 * Possible digests of the job's submission: its message has the start time, but not the form in which it was submitted.
 */
function digestsOf(
  { notBefore, submittedAt }: Pick<JobRecord, "notBefore" | "submittedAt">,
  { type, payload, tenant, labels }: ClaimRequest["job"],
): string[] {
  const submission = { type, payload, tenant, labels };
  if (notBefore === undefined) return [digestOf(submission), digestOf({ ...submission, delaySeconds: 0 })];
  const delaySeconds = (Date.parse(notBefore) - Date.parse(submittedAt)) / 1_000;
  return [digestOf({ ...submission, delaySeconds }), digestOf({ ...submission, runAt: notBefore })];
}

function digestOf(submission: Submission): string {
  return createHash("sha256").update(submissionText(submission)).digest("base64url");
}
