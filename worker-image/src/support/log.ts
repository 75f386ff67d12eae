import { createLog, type EventName, type Log, type LogFields } from "../../../contract/log";
import type { Masking } from "./masking";

/**
 * The lines that are most of a log. They leave out `worker` and `jobType`, which their attempt's `job-started` and the
 * names of log stream and log group have.
 */
const briefEvents: readonly EventName[] = ["job-log", "job-succeeded"];

/** The worker's log, in which no secret shows. */
export function createWorkerLog(
  write: (line: string) => void,
  common: Pick<LogFields, "worker" | "jobType">,
  now: () => number,
  masking?: Pick<Masking, "line">,
): Log {
  const writeMasked = (line: string) => write(`${masking?.line(line) ?? line}\n`);
  const full = createLog(writeMasked, common, now);
  const brief = createLog(writeMasked, {}, now);
  return (level, event, fields) => (briefEvents.includes(event) ? brief : full)(level, event, fields);
}

/** A log that adds the fields to each event. */
export function withFields(log: Log, fields: LogFields): Log {
  return (level, event, more) => log(level, event, { ...more, ...fields });
}
