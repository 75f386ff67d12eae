import type { Submission } from "../messages/envelope";

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

/**
 * JSON with every object's keys in order, so that equal values give equal texts. One function with all that it calls: in a
 * serialised closure, a call of another one costs some fifteen times as much, and here each value of a payload is one.
 */
export function canonicalJson(value: unknown): string {
  const { isArray } = Array;
  const { keys } = Object;
  const { stringify } = JSON;
  return (function write(item: unknown): string {
    if (typeof item !== "object" || item === null) return stringify(item);
    const parts: string[] = [];
    if (isArray(item)) {
      for (const each of item as unknown[]) parts.push(write(each));
      return `[${parts.join(",")}]`;
    }
    const fields = item as Record<string, unknown>;
    for (const field of keys(fields).sort()) parts.push(`${stringify(field)}:${write(fields[field])}`);
    return `{${parts.join(",")}}`;
  })(value);
}
