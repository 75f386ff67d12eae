import { isObject } from "./check";
import type { Submission } from "./envelope";

export const deploymentOnlyModule = true;

/** All that was submitted but the id, as a text that equal submissions share: its SHA-256 is a record's digest. */
export function submissionText({ type, payload, tenant, delaySeconds, runAt }: Submission): string {
  return canonicalJson({
    type,
    payload,
    ...(tenant !== undefined && { tenant }),
    ...(delaySeconds !== undefined && { delaySeconds }),
    ...(runAt !== undefined && { runAt }),
  });
}

/** JSON with every object's keys in order, so that equal values give equal texts. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item)).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const fields = Object.keys(value).sort();
  return `{${fields.map((field) => `${JSON.stringify(field)}:${canonicalJson(value[field])}`).join(",")}}`;
}
