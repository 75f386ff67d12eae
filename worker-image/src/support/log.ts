import { type Log, type LogFields, logLine } from "../../../contract/log";
import type { Masking } from "./masking";

/**
 * The worker's log, in which no secret shows. Only warnings and errors have the common fields, by which people look for
 * them in all logs at once: of other lines the names of log stream and log group say as much, and bytes are billed.
 */
export function createWorkerLog(
  write: (line: string) => void,
  common: Pick<LogFields, "worker" | "jobType">,
  now: () => number,
  masking?: Pick<Masking, "line">,
): Log {
  return (level, event, fields) => {
    const line = logLine(now(), level, event, fields, level === "warn" || level === "error" ? common : undefined);
    write(`${masking?.line(line) ?? line}\n`);
  };
}

/** A log that adds the fields to each event. */
export function withFields(log: Log, fields: LogFields): Log {
  return (level, event, more) => log(level, event, { ...more, ...fields });
}
