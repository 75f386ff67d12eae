/** One line that a part of the local cloud wrote. */
export interface LogEntry {
  /** `function` and `worker` are processes' own output; `cloud` is the local cloud's own errors. */
  source: "function" | "worker" | "cloud";
  /** Name of the function, id of the instance, or the part of the cloud. */
  name: string;
  stream: "stdout" | "stderr";
  /** Log group of the function or worker. */
  group?: string | undefined;
  line: string;
}

export type Log = (entry: LogEntry) => void;

/** Shows the cloud's own errors, and drops the processes' output. */
export const defaultLog: Log = (entry) => {
  if (entry.source === "cloud") console.error(`${entry.name}: ${entry.line}`);
};
