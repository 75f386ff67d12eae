import { jsonOf } from "../check";
import type { Usage } from "../fleet/usage";
import type { Labels } from "../labels";
import type { ResultRef } from "./largeValues";

/**
 * The states of a job. `queued → running → succeeded | failed | cancelled`, and back to `queued` between attempts.
 * The last three are final, except that a redrive takes a failed job back to queued or running.
 */
export const jobStates = ["queued", "running", "succeeded", "failed", "cancelled"] as const;
export type JobState = (typeof jobStates)[number];

export function isFinal(state: JobState): boolean {
  return state === "succeeded" || state === "failed" || state === "cancelled";
}

/** Reason why an attempt or a job failed. */
export interface JobError {
  /** The error's name, such as `TypeError`. */
  name: string;
  message: string;
  /** The error's `code`, such as `ENOENT`, if it has one. */
  code?: string;
  /** Up to five frames of the handler's own code, such as `check (jobs/invoice.ts:8:11)`, where it was thrown first. */
  frames?: string[] | undefined;
}

/** An attempt that failed, was given back or lost its worker. */
export interface LoggedAttempt {
  attempt: number;
  /** Id of the EC2 instance. */
  worker: string;
  startedAt: string;
  endedAt: string;
  outcome: "failed" | "given-back" | "lost";
  error?: JobError;
}

/** Description of a result that is too large for the record: no part of it is kept. */
export interface OmittedResult {
  /** UTF-8 bytes of its JSON. */
  bytes: number;
  /** SHA-256 of its JSON, in hexadecimal. */
  sha256: string;
  /** Reason for people. */
  reason: string;
}

/** The record of a job. Times are ISO 8601, UTC. It holds no payload, only its digest. */
export interface JobRecord {
  id: string;
  type: string;
  state: JobState;
  /** Attempts begun, less those given back. */
  attempts: number;
  /** SHA-256 of the submission, base64url: distinguishes a replay from a conflict. */
  digest?: string;
  tenant?: string;
  /** The submitter's own words for the job. */
  labels?: Labels;
  /** Fewer attempts than the processor gives, as its message said. */
  maxAttempts?: number;
  /** Digest of the caller who submitted the job under an `Idempotency-Key`. */
  submitter?: string;
  /** Principal of the caller who submitted the job; undefined if the API authenticates none. */
  submittedBy?: string;
  /** Id of the job whose replay this one is. */
  replayOf?: string;
  /**
   * W3C's trace context of the submitter, if it gave a valid one. A replay without one has the replayed job's, or
   * `job:` and that job's id, whose trace goes on.
   */
  traceparent?: string;
  /**
   * Raised by each claim that begins an attempt, and lowered by nothing: tells later claims from earlier ones. It
   * counts from the time of the first, in epoch milliseconds, so that no earlier job of the same id had a higher one.
   */
  claims?: number;
  /** Time of the last checkpoint that the record knows of; undefined for a job without one. */
  checkpointAt?: string;
  submittedAt: string;
  /** Key of the index that lists jobs; set even without the index, so that it may be added later. */
  listKey?: string;
  /** Range key of the index of jobs that failed or were cancelled; undefined in other states. */
  endedAs?: string;
  /** Earliest start. */
  notBefore?: string;
  startedAt?: string;
  finishedAt?: string;
  /** Latest start of the next attempt, while the job waits after a failed one. */
  retryAt?: string;
  /** The last attempts that failed, were given back or lost their workers, oldest first. */
  attemptLog?: LoggedAttempt[];
  /** Time of instances that the job's attempts have used, those before a retry included. */
  usage?: Usage;
  /** Time of the last retry of the ended job, its caller, the digest of its key, and the number of retries. */
  retriedAt?: string;
  retriedBy?: string;
  retryKey?: string;
  retries?: number;
  /** The handler's last `progress(fraction, note)`. */
  progress?: { fraction: number; note?: string };
  /** The handler's return value. */
  result?: unknown;
  /** The result in S3, in place of `result`. */
  resultRef?: ResultRef;
  /** Present in place of a `result` that was too large. */
  resultOmitted?: OmittedResult;
  error?: JobError;
  /** Time at which cancellation was requested. */
  cancelRequestedAt?: string;
  cancelledBy?: string;
  /** Time at which payload, result and checkpoint were removed, and the caller. */
  dataRemovedAt?: string;
  dataRemovedBy?: string;
  /** Worker that holds the job while it is running. */
  worker?: string;
  /** SQS message that the running attempt came from. */
  messageId?: string;
  /** End of the worker's lease: epoch milliseconds. */
  leaseUntil?: number;
  /** True if its worker was lost while it ran, or if it could not be stopped: it runs alone on a worker. */
  suspect?: boolean;
  /** Number of times that its worker was lost while it ran alone. */
  lossesAlone?: number;
  /** Number of times that it was put off, as a suspect, since its worker had other jobs. */
  deferrals?: number;
  /** Time from which DynamoDB may remove the record: epoch seconds; on final states only. */
  expiresAt?: number;
  /** Fields of a record that were unreadable, and so left out. Never written. */
  unreadable?: string[];
}

/** The value of a DynamoDB attribute, of the kinds that records use. */
export type AttributeValue = { S: string } | { N: string };

const numbers = ["maxAttempts", "attempts", "claims", "retries", "leaseUntil", "lossesAlone", "deferrals", "expiresAt"];
/** Fields that are kept as JSON, and values of their kinds, with what readers rely on; undefined for any value. */
const documents: Record<string, unknown> = {
  ...{ result: undefined, suspect: true, labels: {}, attemptLog: [], progress: { fraction: 0 }, usage: { seconds: 0 } },
  error: { name: "", message: "" },
  resultOmitted: { bytes: 0, sha256: "", reason: "" },
  resultRef: { bytes: 0, sha256: "", claim: 0 },
};

const isDocument = (field: string) => Object.hasOwn(documents, field);

/** One field as a DynamoDB attribute: numbers as N, documents (`progress`, `result`, …) as JSON in S, texts as S. */
export function encodeField(field: keyof JobRecord, value: unknown): AttributeValue {
  if (numbers.includes(field)) return { N: String(value) };
  return { S: isDocument(field) ? JSON.stringify(value) : String(value) };
}

/** A record as a DynamoDB item; undefined fields are left out. */
export function encodeRecord(record: JobRecord): Record<string, AttributeValue> {
  const item: Record<string, AttributeValue> = {};
  for (const [field, value] of Object.entries(record)) {
    if (value !== undefined) item[field] = encodeField(field as keyof JobRecord, value);
  }
  return item;
}

/**
 * A DynamoDB item as a record; attributes that this version doesn't know pass as text. Unreadable fields are left out
 * and named: one odd record must not stop a reader of many.
 */
export function decodeRecord(item: Record<string, { S?: string; N?: string }>): JobRecord {
  const record: Record<string, unknown> = { attempts: 0 };
  const unreadable: string[] = [];
  for (const [field, value] of Object.entries(item)) {
    if (!numbers.includes(field) && !isDocument(field)) {
      record[field] = value.S;
      continue;
    }
    const decoded = numbers.includes(field) ? readNumber(value.N) : readDocument(field, value.S);
    if (decoded === undefined) unreadable.push(field);
    else record[field] = decoded;
  }
  if (unreadable.length > 0) record.unreadable = unreadable;
  return record as unknown as JobRecord;
}

function readNumber(text: string | undefined): number | undefined {
  const number = Number(text);
  return Number.isFinite(number) ? number : undefined;
}

/** The value of a JSON text, if the field may have it. */
function readDocument(field: string, text: string | undefined): unknown {
  const value = jsonOf(text);
  return hasShape(documents[field], value) ? value : undefined;
}

function hasShape(sample: unknown, value: unknown): boolean {
  if (sample === undefined) return true;
  const { note = "" } = Object(value) as { note?: unknown };
  return (
    kindOf(value) === kindOf(sample) &&
    typeof note === "string" &&
    Object.entries(sample as object).every(([name, each]) => hasShape(each, (value as Record<string, unknown>)[name]))
  );
}

function kindOf(value: unknown): string {
  return Array.isArray(value) ? "array" : value === null ? "null" : typeof value;
}
