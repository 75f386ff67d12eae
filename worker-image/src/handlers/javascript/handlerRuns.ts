import { type Log } from "../../../../contract/log";
import { type JobError } from "../../../../contract/records/record";
import { type Job } from "../handler";
import { type RunEvents } from "../runner";
import { type FromHandler } from "./handlerMessages";

/** One job of a handler's process. */
export interface JobRun {
  number: number;
  job: Pick<Job, "id" | "attempt">;
  events: RunEvents;
}

/** Number of ended jobs of the process that are still known. */
const keptRuns = 100;

/** Jobs named for a process whose end belongs to none of them. */
const namedJobs = 10;

/** The jobs of a handler's process: what it logs, writes and fails of belongs to one of them, even after its end. */
export class HandlerRuns {
  /** Number of jobs so far; the number of the running one, or of the last. */
  count = 0;
  private readonly runs = new Map<number, JobRun>();
  private isDeathLogged = false;

  constructor(private readonly log: Log) {}

  begin({ id, attempt }: Job, events: RunEvents): JobRun {
    const run = { number: ++this.count, job: { id, attempt }, events };
    this.runs.set(run.number, run);
    this.runs.delete(run.number - keptRuns);
    return run;
  }

  logOf({ run, level, message, fields }: Extract<FromHandler, { kind: "log" }>): void {
    this.runs.get(run)?.events.onLog(level, message, { ...(fields && { fields }) });
  }

  write(stream: "stdout" | "stderr", line: string, run: number | undefined): void {
    const level = stream === "stderr" ? "warn" : "info";
    const events = run === undefined ? undefined : this.runs.get(run)?.events;
    if (events) events.onLog(level, line, { stream });
    else this.log(level, "handler-output", { message: line });
  }

  /** Logs the error of a job that has ended, by which the process ends. */
  logLateError({ run, error, stack }: Extract<FromHandler, { kind: "uncaught" }>): void {
    this.log("error", "late-error", { ...this.jobOf(run), error: { ...error, stack } });
    this.isDeathLogged = true;
  }

  /** Logs the process's end, once, with the job that is to blame or all that may be. */
  logDeath(error: JobError, culprit: number | undefined): void {
    if (this.isDeathLogged) return;
    this.isDeathLogged = true;
    const jobIds = [...this.runs.values()].slice(-namedJobs).map(({ job }) => job.id);
    this.log("warn", "handler-died", { ...(this.jobOf(culprit) ?? { jobIds }), error });
  }

  private jobOf(run: number | undefined): { jobId: string; attempt: number } | undefined {
    const { id: jobId, attempt } = (run !== undefined && this.runs.get(run)?.job) || {};
    return jobId === undefined || attempt === undefined ? undefined : { jobId, attempt };
  }
}
