import { isObject } from "../../contract/check";
import type { Submission } from "../../contract/envelope";

export const deploymentOnlyModule = true;

/** What tells a replay of a job from another job under the same id: SHA-256 of all that was submitted but the id. */
export function digestOf({ type, payload, tenant, delaySeconds, runAt }: Submission): string {
  return sha256(
    canonicalJson({
      type,
      payload,
      ...(tenant !== undefined && { tenant }),
      ...(delaySeconds !== undefined && { delaySeconds }),
      ...(runAt !== undefined && { runAt }),
    }),
  );
}

/** The job id that an `Idempotency-Key` stands for: the same key gives the same id. In a batch, each job has its own. */
export function idFromKey(key: string, index?: number): string {
  return `key-${sha256(key)}${index === undefined ? "" : `.${index}`}`;
}

/** JSON with every object's keys in order, so that equal values give equal texts. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item)).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const fields = Object.keys(value).sort();
  return `{${fields.map((field) => `${JSON.stringify(field)}:${canonicalJson(value[field])}`).join(",")}}`;
}

/** A text of 43 characters that stands for the given one. */
export function sha256(text: string): string {
  const { createHash } = require("node:crypto") as typeof import("node:crypto");
  return createHash("sha256").update(text).digest("base64url");
}
