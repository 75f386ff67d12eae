import { isAboutJob } from "../contract/log";
import type { LogEntry } from "./log";

/** A line of a function or worker, and its time. */
export interface RecentLine extends Pick<LogEntry, "source" | "name" | "line"> {
  /** Epoch milliseconds. */
  at: number;
}

const kept = 20_000;

/** The latest lines of functions and workers, in place of CloudWatch Logs. */
export class RecentLines {
  private lines: RecentLine[] = [];

  add({ source, name, line }: LogEntry): void {
    if (source === "cloud") return;
    this.lines.push({ source, name, line, at: Date.now() });
    if (this.lines.length > 2 * kept) this.lines = this.lines.slice(-kept);
  }

  /** Lines that functions and workers logged about the job, oldest first. */
  ofJob(id: string): RecentLine[] {
    return this.lines.filter(({ line }) => isAboutJob(line, id));
  }
}
