import type { Log } from "../../../contract/log";

export interface LogLine {
  level: string;
  event: string;
  fields: Record<string, unknown>;
}

/** A log that the test can read: its lines as they are written, without the stacks of errors. */
export function logTo(lines: LogLine[]): Log {
  const isStack = (key: string) => key === "stack";
  return (level, event, fields = {}) => {
    const written = JSON.stringify(fields, (key, value: unknown) => (isStack(key) ? undefined : value));
    lines.push({ level, event, fields: JSON.parse(written) as LogLine["fields"] });
  };
}
