import { definedFields } from "../definedFields";
import type { Submission } from "../messages/envelope";

/** The submission less its id, as a text that equal submissions share: its SHA-256 is a record's digest. */
export function submissionText(submission: Submission): string {
  const { type, payload, payloadRef, tenant, labels, delaySeconds, runAt } = submission;
  return canonicalJson(definedFields({ type, payload, payloadRef, tenant, labels, delaySeconds, runAt }));
}

/** JSON with every object's keys in order, so that equal values give equal texts. */
export function canonicalJson(value: unknown): string {
  return (function write(item: unknown): string {
    if (typeof item !== "object" || item === null) return JSON.stringify(item);
    const parts: string[] = [];
    if (Array.isArray(item)) {
      for (const each of item as unknown[]) parts.push(write(each));
      return `[${parts.join(",")}]`;
    }
    const fields = item as Record<string, unknown>;
    for (const field of Object.keys(fields).sort()) parts.push(`${JSON.stringify(field)}:${write(fields[field])}`);
    return `{${parts.join(",")}}`;
  })(value);
}
