import { stackOf, toJobError } from "./errors";
import { Masking } from "./masking";

/** Fields of an event. */
export type LogFields = Record<string, unknown>;

/** Writes one event; `error` is for events that a person should see. */
export type Log = (level: "debug" | "info" | "warn" | "error", event: string, fields?: LogFields) => void;

/** Writes each event as one line of JSON that shows no secret. */
export function createLog(
  write: (line: string) => void,
  common: LogFields,
  now: () => number = Date.now,
  masking?: Pick<Masking, "line">,
): Log {
  return (level, event, fields) => {
    const line = stringify({ time: new Date(now()).toISOString(), level, event, ...common, ...fields });
    write(`${masking?.line(line) ?? line}\n`);
  };
}

/** A log that adds the fields to each event. */
export function withFields(log: Log, fields: LogFields): Log {
  return (level, event, more) => log(level, event, { ...fields, ...more });
}

/** An error with its causes, for a log line. */
export function errorFields(error: unknown): LogFields {
  const stack = stackOf(error);
  return { error: { ...toJobError(error), ...(stack !== undefined && { stack }) } };
}

/** JSON even of a handler's fields: circular values and BigInts as text. */
export function stringify(entry: LogFields): string {
  try {
    return JSON.stringify(entry);
  } catch {
    return stringifyOdd(entry);
  }
}

/** Several times as slow as JSON.stringify alone, which most entries pass. */
function stringifyOdd(entry: LogFields): string {
  const above: unknown[] = [];
  return JSON.stringify(entry, function (this: unknown, _key, value: unknown) {
    if (typeof value === "bigint") return String(value);
    if (typeof value !== "object" || value === null) return value;
    while (above.length > 0 && above.at(-1) !== this) above.pop();
    if (above.includes(value)) return "(circular)";
    above.push(value);
    return value;
  });
}
