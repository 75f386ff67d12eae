import { jsonObjectOf } from "../../../contract/check";
import type { LogLine } from "../../../contract/http/answers";
import type { LogEvent } from "./logEvent";

/** Fields that each line of a job has, and that the caller who asks for its lines knows. */
const known = ["jobId", "jobIds", "jobType", "worker"];

/** A line of a job, as the API shows it. */
export function lineOf({ timestamp, stream: written, text }: LogEvent): LogLine {
  const {
    time,
    level,
    event,
    attempt,
    message,
    stream,
    fields: own,
    ...others
  } = jsonObjectOf(text) as Partial<LogLine> & {
    time?: string;
  };
  const fields = Object.entries({ ...own, ...others }).filter(([name]) => !known.includes(name));
  return {
    at: time ?? new Date(timestamp).toISOString(),
    source: /-(frontend|operator|router|repair|removal|scaler)(?:-drain)?-function/.exec(written)?.[1] ?? written,
    ...{ level: level ?? "info", event: event ?? "", attempt, message, stream },
    ...(fields.length > 0 && { fields: Object.fromEntries(fields) }),
  };
}
