import { createHash } from "node:crypto";
import type { Submission } from "../../../contract/messages/envelope";
import { submissionText } from "../../../contract/http/submissionText";

/** What tells a replay of a job from another job under the same id: SHA-256 of all that was submitted but the id. */
export function digestOf(submission: Submission): string {
  return sha256(submissionText(submission));
}

/** What ids begin with that stand for an `Idempotency-Key`; no client names such an id but in a replay. */
export const keyPrefix = "key-";

/**
 * The job id that an `Idempotency-Key` stands for: the same key of the same caller gives the same id for the same type. In a
 * batch, each job has its own.
 */
export function idFromKey(key: string, type: string, caller: string[], index?: number): string {
  return `${keyPrefix}${sha256(JSON.stringify([type, ...caller, key]))}${index === undefined ? "" : `.${index}`}`;
}

/** The id that a key stood for before callers and types were told apart. */
export function unscopedIdFromKey(key: string, index?: number): string {
  return `${keyPrefix}${sha256(key)}${index === undefined ? "" : `.${index}`}`;
}

/** A text of 43 characters that stands for the given one. */
export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}
