/** What a handler is given to work on. */
export interface Job<Payload = unknown> {
  id: string;
  type: string;
  payload: Payload;
  /** Counted from 1. */
  attempt: number;
  /** ISO 8601, UTC. */
  submittedAt: string;
  tenant?: string;
}

/** Writes to the worker's log, with the job's id, type and attempt. The fields stand under `fields`, an error as `error`. */
export interface JobLogger {
  debug(message: string, fields?: Record<string, unknown> | Error): void;
  info(message: string, fields?: Record<string, unknown> | Error): void;
  warn(message: string, fields?: Record<string, unknown> | Error): void;
  error(message: string, fields?: Record<string, unknown> | Error): void;
}

/** What a handler can use while it works. */
export interface JobContext {
  /** Counted from 1. */
  attempt: number;
  /** An empty folder on disk for this attempt alone; it is removed when the attempt is over. */
  directory: string;
  /** Aborts when the job times out, is cancelled, or must be given back; what the handler returns after that is ignored. */
  signal: AbortSignal;
  /** Reports how much is done, 0 to 1; one report a second is kept, and the last. */
  progress(fraction: number, note?: string): void;
  logger: JobLogger;
  /**
   * Ends the attempt by throwing: the job is tried again after a pause of at most a minute, and the attempt doesn't count,
   * whatever the handler does after that. For what the job itself is not to blame for, such as a service that is away.
   */
  giveBack(reason?: string): never;
}

/**
 * Runs one job. What it returns is the job's result, as JSON; what JSON would change or lose fails the job for good.
 * If it throws, the job is tried again; if what it throws has `permanent: true`, the job fails for good at once.
 */
export type JobHandler<Payload = unknown> = (job: Job<Payload>, context: JobContext) => unknown;

/** The exit codes by which a command says more than that it failed. */
export const exitCodes = {
  done: 0,
  /** The job fails for good. */
  reject: 3,
  /** The job waits for another try, and the attempt doesn't count. */
  giveBack: 4,
} as const;
