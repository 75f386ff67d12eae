import { type LogLevel } from "../../../contract/log";
import { type JobError } from "../../../contract/records/record";
import { type Job } from "./handler";
import { type LineAbout } from "./jobLog";
import { type LargeResult } from "./largeResult";

/** Reason why a running job must stop. */
export type StopCause = "timeout" | "cancelled" | "drain" | "lease-lost";

/** The reason of an aborted job's signal. */
export class JobStopped extends Error {
  override readonly name = "JobStopped";
  constructor(
    readonly stopCause: StopCause,
    message: string,
  ) {
    super(message);
  }
}

/** End of the handler's work. */
export type RunOutcome =
  /** `file` or `omitted`: a result that is too large for a record, in place of `result`. */
  | ({ kind: "succeeded"; result: unknown } & Partial<LargeResult>)
  | { kind: "failed"; error: JobError; isPermanent: boolean; stack?: string }
  /** The handler wants a retry later, and the attempt doesn't count. */
  | { kind: "given-back"; reason: string }
  /** The signal aborted before the handler was done; it no longer runs. `isStuck`: even a kill doesn't end it. */
  | { kind: "stopped"; isStuck?: boolean };

/** Reports of a running job. */
export interface RunEvents {
  onProgress(fraction: number, note?: string): void;
  /** A checkpoint, as JSON that was checked. Undefined if none can be kept: handlers that give one get an error. */
  onCheckpoint?: ((json: string) => void) | undefined;
  /** A line that the handler logged, or wrote to its standard output or standard error. */
  onLog(level: LogLevel, message: string, about?: LineAbout): void;
  /** Fetches the payload into a file, if the job has it in S3. Resolves to an end if the job can't begin. */
  fetchPayload?: ((file: string) => Promise<RunOutcome | undefined>) | undefined;
  /** Folder for results that are too large for a record, which the caller removes. Undefined if none can be kept. */
  resultFolder?: string | undefined;
  /**
   * Called just before the handler begins. A worker that froze until its lease had ended must not begin
   * a job that another one may have run since: the signal aborts, and the handler doesn't begin.
   */
  mayBegin?(): boolean;
  /** Trace context of the attempt, by W3C's standard. */
  traceparent: string;
  /** While output lags behind the log: resolves once it has caught up. Callers that can wait should. */
  caughtUp?(): Promise<void> | undefined;
}

/** Runs one kind of handler. One implementation per kind: JavaScript and commands. */
export interface Runner {
  /** Loads what can be loaded before the first job; rejects, with the reason, if the handler can't be used. */
  start(): Promise<void>;
  /**
   * Runs one job, and resolves once all its processes have ended; never rejects.
   * When the signal aborts, the handler gets a short grace and is then killed.
   */
  run(job: Job, signal: AbortSignal, events: RunEvents): Promise<RunOutcome>;
  /** Ends the grace of stopping jobs. */
  killNow(): void;
  /** Kills all remaining processes. */
  close(): Promise<void>;
}

/** Time that a handler has to end after its signal has aborted. */
export const killGraceMilliseconds = 3_000;

/** A process that lives this long after it was killed is stuck in the kernel: this worker can't end it. */
export const unkillableMilliseconds = 3_000;
