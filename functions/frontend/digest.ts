import type { Submission } from "../../contract/envelope";
import { submissionText } from "../../contract/submissionText";

export const deploymentOnlyModule = true;

/** What tells a replay of a job from another job under the same id: SHA-256 of all that was submitted but the id. */
export function digestOf(submission: Submission): string {
  return sha256(submissionText(submission));
}

/** The job id that an `Idempotency-Key` stands for: the same key gives the same id. In a batch, each job has its own. */
export function idFromKey(key: string, index?: number): string {
  return `key-${sha256(key)}${index === undefined ? "" : `.${index}`}`;
}

/** A text of 43 characters that stands for the given one. */
export function sha256(text: string): string {
  const { createHash } = require("node:crypto") as typeof import("node:crypto");
  return createHash("sha256").update(text).digest("base64url");
}
