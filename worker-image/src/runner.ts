import { bytesOf } from "../../contract/check";
import { limits } from "../../contract/limits";
import { JobError } from "../../contract/record";
import { Job } from "./handler";
import { LogFields } from "./log";

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
  | { kind: "succeeded"; result: unknown }
  | { kind: "failed"; error: JobError; isPermanent: boolean; stack?: string }
  /** The handler wants the job to be tried later, and the attempt not to count. */
  | { kind: "given-back"; reason: string }
  /** The signal aborted before the handler was done; it no longer runs. `isStuck`: not even a kill ends it. */
  | { kind: "stopped"; isStuck?: boolean };

/** What the job reports while it runs. */
export interface RunEvents {
  onProgress(fraction: number, note?: string): void;
  /** A line that the handler logged, or wrote to its standard output or standard error. */
  onLog(level: "debug" | "info" | "warn" | "error", message: string, fields?: LogFields): void;
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

// Taken before a handler can replace it.
const { stringify } = JSON;

/** A result as JSON (nothing for `undefined`), or what is wrong with it. */
export function encodeResult(result: unknown): { ok: true; json?: string } | { ok: false; message: string } {
  let json: string | undefined;
  try {
    json = stringify(result);
  } catch (error) {
    return { ok: false, message: `Expected a result that is JSON: ${(error as Error).message}` };
  }
  if (json === undefined) {
    return result === undefined
      ? { ok: true }
      : { ok: false, message: `Expected a result that is JSON, got a ${typeof result}` };
  }
  const bytes = bytesOf(json);
  return bytes <= limits.maxResultBytes ? { ok: true, json } : { ok: false, message: tooLarge(bytes) };
}

function tooLarge(bytes: number): string {
  return `Expected a result of at most ${limits.maxResultBytes} bytes of JSON, got ${bytes}: store it in S3 and return where it is`;
}
