import { limits } from "../../contract/limits";
import { JobError } from "../../contract/record";

/** Anything that was thrown, as the record keeps it. */
export function toJobError(thrown: unknown): JobError {
  if (thrown instanceof Error) return cutError({ name: thrown.name || "Error", message: thrown.message });
  return cutError({ name: "Error", message: typeof thrown === "string" ? thrown : `Threw ${describeThrown(thrown)}` });
}

/** The error with its message within {@link limits.maxErrorCharacters}. */
export function cutError({ name, message }: JobError): JobError {
  return { name: name.slice(0, 100), message: message.slice(0, limits.maxErrorCharacters) };
}

/** Whether a handler says by what it threw that trying again is of no use. */
export function isPermanent(thrown: unknown): boolean {
  return typeof thrown === "object" && thrown !== null && (thrown as { permanent?: unknown }).permanent === true;
}

function describeThrown(thrown: unknown): string {
  try {
    return JSON.stringify(thrown) ?? String(thrown);
  } catch {
    // A circular object, a BigInt, a toJSON that throws: its kind says enough, and the job fails with it all the same.
    return `a value of type ${typeof thrown}`;
  }
}
