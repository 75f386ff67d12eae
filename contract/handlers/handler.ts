/** The job that a handler runs. */
export interface Job<Payload = unknown> {
  id: string;
  type: string;
  payload: Payload;
  /** With `payloads: "file"`: the path of the file that the payload is, in place of `payload`. */
  payloadFile?: string;
  /** Counted from 1. */
  attempt: number;
  /** ISO 8601, UTC. */
  submittedAt: string;
  tenant?: string;
  /** Last value that an earlier attempt gave to `context.checkpoint`, whatever ended it; undefined without one. */
  checkpoint?: unknown;
}

/**
 * Writes to the worker's log, with the job's id, type and attempt. The fields are logged under `fields`, an error as
 * `error`.
 */
export interface JobLogger {
  debug(message: string, fields?: Record<string, unknown> | Error): void;
  info(message: string, fields?: Record<string, unknown> | Error): void;
  warn(message: string, fields?: Record<string, unknown> | Error): void;
  error(message: string, fields?: Record<string, unknown> | Error): void;
}

/** Services of the worker for a running handler. */
export interface JobContext {
  /** Counted from 1. */
  attempt: number;
  /** An empty folder on disk for this attempt alone; it is removed at the attempt's end. */
  directory: string;
  /**
   * Aborts when the attempt must stop; a result returned after that is ignored. `signal.reason.stopCause` is `timeout`,
   * `cancelled`, `drain` (the job is given back) or `lease-lost`, and `signal.reason.message` says why in words.
   */
  signal: AbortSignal;
  /** Reports progress, 0 to 1; one report a second is kept, and the last. */
  progress(fraction: number, note?: string): void;
  /**
   * Keeps a JSON value of at most 32 KB for the next attempt, which finds it as `job.checkpoint`. The last one counts;
   * at most one a second is written, and the last before the attempt's end is recorded.
   *
   * @throws Error for a value that JSON would change or lose, or that is too large; after the attempt's end; and
   *   without `tracking`.
   */
  checkpoint(value: unknown): void;
  logger: JobLogger;
  /**
   * W3C's trace context of the attempt, for calls of other services and spans of the handler's own: of the submitter's
   * trace, or of one that begins with the job.
   */
  traceparent: string;
  /**
   * Ends the attempt by throwing: the job is retried after a pause of at most a minute, and the attempt doesn't count,
   * whatever the handler does after that. For causes outside the job, such as a service that is down.
   */
  giveBack(reason?: string): never;
}

/**
 * Runs one job. Its return value is the job's result, as JSON; a value that JSON would change or lose fails the job for
 * good. If it throws, the job is retried; if the error has `permanent: true`, the job fails for good at once.
 */
export type JobHandler<Payload = unknown> = (job: Job<Payload>, context: JobContext) => unknown;

/** Exit codes with which a command says more than that it failed. */
export const exitCodes = {
  done: 0,
  /** The job fails for good. */
  reject: 3,
  /** The job is retried later, and the attempt doesn't count. */
  giveBack: 4,
} as const;
