import { createHash } from "node:crypto";
import { bytesOf } from "../../../contract/check";
import { submissionText } from "../../../contract/http/submissionText";
import type { Submission } from "../../../contract/messages/envelope";
import type { LargeValue } from "../../../contract/records/largeValues";

/** Digest that distinguishes a replay from another job under the same id: SHA-256 of the submission less its id. */
export function digestOf(submission: Submission): string {
  return sha256(submissionText(submission));
}

/** Prefix of ids made from an `Idempotency-Key`; a client may name such an id only in a replay. */
export const keyPrefix = "key-";

/**
 * The job id for an `Idempotency-Key`: the same key of the same caller gives the same id for the same type. In a
 * batch, each job has an id of its own.
 */
export function idFromKey(key: string, type: string, caller: string[], index?: number): string {
  return `${keyPrefix}${sha256(JSON.stringify([type, ...caller, key]))}${index === undefined ? "" : `.${index}`}`;
}

/** The id for a key as it was before callers and types were told apart. */
export function unscopedIdFromKey(key: string, index?: number): string {
  return `${keyPrefix}${sha256(key)}${index === undefined ? "" : `.${index}`}`;
}

/** A payload as it stands for itself in S3: as a client that uploads it would refer to it. */
export function largeValueOf(payload: unknown): LargeValue {
  const text = JSON.stringify(payload);
  return { bytes: bytesOf(text), sha256: createHash("sha256").update(text).digest("hex") };
}

/** A text's SHA-256, in 43 characters. */
export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}
