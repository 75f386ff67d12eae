/** Fields of a log line beside its level and event; never payloads. */
export type LogFields = Record<string, unknown>;

/** Writes one log line. */
export type Log = (level: "info" | "warn" | "error", event: string, fields?: LogFields) => void;

/**
 * Logs to standard output, one JSON object a line. Lambda's console would put the line into another object, as a
 * string.
 */
export const logAsJson: Log = (level, event, fields) => {
  process.stdout.write(JSON.stringify({ level, event, ...fields }) + "\n");
};

/** An error as a log field: name, message, and its causes. */
export function describeError(error: unknown, depth = 3): LogFields {
  const { name, message, cause } = Object(error) as { name?: unknown; message?: unknown; cause?: unknown };
  return {
    name: typeof name === "string" ? name : "Error",
    message: typeof message === "string" ? message : String(error),
    ...(cause !== undefined && depth > 0 && { cause: describeError(cause, depth - 1) }),
  };
}
