import { JobError, OmittedResult } from "../../../contract/records/record";
import { Job } from "./handler";
import { LineAbout, LogLevel } from "./jobLog";

/** Why a running job is told to stop. */
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

/** How the handler's work ended. */
export type RunOutcome =
  /** `omitted`: what is said of a result that is too large, in its place. */
  | { kind: "succeeded"; result: unknown; omitted?: OmittedResult }
  | { kind: "failed"; error: JobError; isPermanent: boolean; stack?: string }
  /** The handler wants the job to be tried later, and the attempt not to count. */
  | { kind: "given-back"; reason: string }
  /** The signal aborted before the handler was done; it no longer runs. `isStuck`: not even a kill ends it. */
  | { kind: "stopped"; isStuck?: boolean };

/** What the job reports while it runs. */
export interface RunEvents {
  onProgress(fraction: number, note?: string): void;
  /** A line that the handler logged, or wrote to its standard output or standard error. */
  onLog(level: LogLevel, message: string, about?: LineAbout): void;
  /**
   * Asked in the moment in which the handler is to begin. A worker that froze until its lease had ended must not begin what
   * another one may have done since: the signal aborts, and the handler doesn't begin.
   */
  mayBegin?(): boolean;
  /** Where output is behind what was logged: resolves once it has caught up. Who can wait until then, does. */
  caughtUp?(): Promise<void> | undefined;
}

/** Runs one kind of handler. One implementation per kind: JavaScript and commands. */
export interface Runner {
  /** Loads what can be loaded before there is a job; rejects, with the reason, when the handler can't be used. */
  start(): Promise<void>;
  /**
   * Runs one job, and resolves once nothing of it runs any more; never rejects.
   * When the signal aborts, the handler gets a short grace and is then killed.
   */
  run(job: Job, signal: AbortSignal, events: RunEvents): Promise<RunOutcome>;
  /** Ends the grace of jobs that were told to stop. */
  hurry(): void;
  /** Kills whatever is left. */
  close(): Promise<void>;
}

/** How long a handler may take to end once its signal has aborted. */
export const killGraceMilliseconds = 3_000;

/** A process that still lives so long after it was killed is stuck in the kernel: nothing of this worker ends it. */
export const unkillableMilliseconds = 3_000;
