import { jsonObjectOf } from "../../../contract/check";
import { errorFields, type Log } from "../../../contract/log";
import { parseSecretReference, type SecretReference } from "../../../contract/secretReference";
import { retry } from "../services/retry";
import { type Clock } from "../support/clock";
import { toJobError } from "../support/errors";

export interface SecretEffects {
  /** Reads the whole value; rejects if there is none, or reading is refused. */
  fetch: (reference: SecretReference) => Promise<string>;
  clock: Clock;
  random: () => number;
  log: Log;
}

/**
 * Reads the values of secrets, by variable; a secret with several keys is read once. A new permission takes
 * some seconds to take effect, and a value may be written after its secret is made, so a refusal is no reason to give
 * up at once.
 *
 * @throws Error that names each variable whose value can't be read, and no value.
 */
export async function readSecrets(
  references: Record<string, string>,
  effects: SecretEffects,
): Promise<Record<string, string>> {
  const values = new Map<string, Promise<string>>();
  const read = (reference: SecretReference, variable: string) => {
    const value = values.get(reference.arn) ?? fetchWithRetries(reference, variable, effects);
    values.set(reference.arn, value);
    return value;
  };
  const problems: string[] = [];
  const entries = await Promise.all(
    Object.entries(references).map(async ([variable, text]): Promise<[string, string]> => {
      try {
        const reference = parseSecretReference(text)!;
        return [variable, usable(partOf(await read(reference, variable), reference))];
      } catch (error) {
        problems.push(`${variable} could not be read from ${text}: ${toJobError(error).message}`);
        return [variable, ""];
      }
    }),
  );
  if (problems.length > 0) throw new Error(`The secret ${problems.join("; the secret ")}`);
  return Object.fromEntries(entries);
}

function fetchWithRetries(reference: SecretReference, variable: string, effects: SecretEffects): Promise<string> {
  const { fetch, log } = effects;
  const onRetry = (error: unknown) => log("warn", "secret-read-retried", { secret: variable, ...errorFields(error) });
  return retry(() => fetch(reference), { ...effects, onRetry });
}

/** The part of a secret's value that a reference names. Problems are described without the value. */
function partOf(value: string, { key }: SecretReference): string {
  if (key === undefined) return value;
  const document = jsonObjectOf(value);
  if (!document) throw new Error(`expected a JSON object with the key ${key}, got another text`);
  const part = Object.hasOwn(document, key) ? document[key] : undefined;
  if (typeof part === "string") return part;
  if (typeof part === "number" || typeof part === "boolean") return String(part);
  const got = part === undefined ? "none" : part === null ? "null" : Array.isArray(part) ? "an array" : "an object";
  throw new Error(`expected a text at the key ${key}, got ${got}`);
}

function usable(value: string): string {
  if (value.includes("\0")) throw new Error("expected a text for an environment variable, got one with a NUL in it");
  return value;
}
