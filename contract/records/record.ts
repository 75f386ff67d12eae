import { isObject } from "../check";

/**
 * The states of a job. `queued → running → succeeded | failed | cancelled`, and back to `queued` between attempts.
 * The last three are final, save that a redrive takes a failed job back to queued or running.
 */
export const jobStates = ["queued", "running", "succeeded", "failed", "cancelled"] as const;
export type JobState = (typeof jobStates)[number];

export function isFinal(state: JobState): boolean {
  return state === "succeeded" || state === "failed" || state === "cancelled";
}

/** Why an attempt or a job failed. */
export interface JobError {
  /** The error's name, such as `TypeError`. */
  name: string;
  message: string;
}

/** What is told of a result that is too large for the record: nothing of it is kept. */
export interface OmittedResult {
  /** UTF-8 bytes of its JSON. */
  bytes: number;
  /** SHA-256 of its JSON, in hexadecimal. */
  sha256: string;
  /** Why it was left out, for a person. */
  reason: string;
}

/** What is known of a job. Times are ISO 8601, UTC. It holds no payload, only its digest. */
export interface JobRecord {
  id: string;
  type: string;
  state: JobState;
  /** Attempts begun, less those given back. */
  attempts: number;
  /** SHA-256 of what was submitted, base64url: tells a replay from a conflict. */
  digest?: string;
  tenant?: string;
  /** Digest of who submitted the job under an `Idempotency-Key`. */
  submitter?: string;
  submittedAt: string;
  /** Key of the index by which jobs are listed; there even without it, so that it may be added later. */
  listKey?: string;
  /** When the job may run at the earliest. */
  notBefore?: string;
  startedAt?: string;
  finishedAt?: string;
  /** When the next attempt begins at the latest, of a job that waits after one that failed. */
  retryAt?: string;
  /** When somebody last sent the failed job back to its queue, and how often that was done. */
  retriedAt?: string;
  retries?: number;
  /** The handler's last `progress(fraction, note)`. */
  progress?: { fraction: number; note?: string };
  /** What the handler returned. */
  result?: unknown;
  /** There in place of `result` where that was too large. */
  resultOmitted?: OmittedResult;
  error?: JobError;
  /** Who asked for the job to be cancelled, when. */
  cancelRequestedAt?: string;
  /** Worker that holds the job while it is running. */
  worker?: string;
  /** SQS message that the running attempt came from. */
  messageId?: string;
  /** Until when the worker holds the job: epoch milliseconds. */
  leaseUntil?: number;
  /** Whether its worker was lost while it ran, or it could not be stopped: it runs alone on a worker. */
  suspect?: boolean;
  /** How often its worker was lost while it ran alone. */
  lossesAlone?: number;
  /** How often it was put off, as a suspect, since its worker had other jobs. */
  deferrals?: number;
  /** When DynamoDB may remove the record: epoch seconds; on final states only. */
  expiresAt?: number;
  /** Of a record that was read: fields that hold what nobody can read, and so are left out. Never written. */
  unreadable?: string[];
}

/** The value of a DynamoDB attribute, as far as records use it. */
export type AttributeValue = { S: string } | { N: string };

const numbers = ["attempts", "retries", "leaseUntil", "lossesAlone", "deferrals", "expiresAt"];
const documents = ["progress", "result", "resultOmitted", "error", "suspect"];

/**
 * One field as a DynamoDB attribute: numbers as N, documents (`progress`, `result`, …) as JSON in S, texts as S.
 */
export function encodeField(field: keyof JobRecord, value: unknown): AttributeValue {
  if (numbers.includes(field)) return { N: String(value) };
  return { S: documents.includes(field) ? JSON.stringify(value) : String(value) };
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
 * A DynamoDB item as a record; attributes that this version doesn't know pass as text. What can't be read is left out and
 * named: one odd record must not stop whoever reads many.
 */
export function decodeRecord(item: Record<string, { S?: string; N?: string }>): JobRecord {
  const record: Record<string, unknown> = { attempts: 0 };
  const unreadable: string[] = [];
  for (const [field, value] of Object.entries(item)) {
    if (!numbers.includes(field) && !documents.includes(field)) {
      record[field] = value.S;
      continue;
    }
    const decoded = numbers.includes(field) ? readNumber(value.N) : readDocument(field, value.S);
    if (decoded === undefined) unreadable.push(field);
    else record[field] = decoded;
  }
  return { ...record, ...(unreadable.length > 0 && { unreadable }) } as unknown as JobRecord;
}

function readNumber(text: string | undefined): number | undefined {
  const number = Number(text);
  return Number.isFinite(number) ? number : undefined;
}

/** The value of a JSON text, if it is one that the field may have. */
function readDocument(field: string, text = ""): unknown {
  try {
    const value = JSON.parse(text) as unknown;
    return hasShape(field, value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function hasShape(field: string, value: unknown): boolean {
  if (field === "result") return true;
  if (field === "suspect") return typeof value === "boolean";
  if (!isObject(value)) return false;
  const { fraction, note, bytes, sha256, reason, name, message } = value;
  if (field === "progress") return typeof fraction === "number" && (note === undefined || typeof note === "string");
  if (field === "resultOmitted") {
    return typeof bytes === "number" && typeof sha256 === "string" && typeof reason === "string";
  }
  return typeof name === "string" && typeof message === "string";
}
