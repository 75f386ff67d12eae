import { randomUUID } from "node:crypto";
import type { LogEntry } from "../log";

/** A log group of a program. */
export interface LogGroup {
  arn: string;
  tags: Record<string, string>;
}

/** A line of a function or worker. */
export interface LoggedLine {
  id: string;
  group: string | undefined;
  /** The instance of a worker; for functions a name as Lambda's, which has that of the function in it. */
  stream: string;
  /** Epoch milliseconds. */
  at: number;
  line: string;
}

const kept = 20_000;

/** The log groups of programs, and the latest lines of functions and workers, in place of CloudWatch Logs. */
export class LogGroups {
  readonly groups = new Map<string, LogGroup>();
  /** Hears each line. */
  onLine: (line: string) => void = () => undefined;
  private recent: LoggedLine[] = [];
  private count = 0;
  private readonly run = randomUUID();

  add({ source, name, group, line }: LogEntry): void {
    if (source === "cloud") return;
    this.onLine(line);
    const at = Date.now();
    // "Working with Lambda function logs: Configuring advanced logging controls", AWS Lambda.
    const day = new Date(at).toISOString().slice(0, 10).replaceAll("-", "/");
    const stream = source === "worker" ? name : `${day}/${name}[$LATEST]${this.run}`;
    this.recent.push({ id: `${this.run}${String(this.count++).padStart(9, "0")}`, group, stream, at, line });
    if (this.recent.length > 2 * kept) this.recent = this.recent.slice(-kept);
  }

  /** The latest lines, oldest first. */
  lines(): readonly LoggedLine[] {
    return this.recent;
  }
}
