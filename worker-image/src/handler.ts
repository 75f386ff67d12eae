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

/** Writes to the worker's log, with the job's id, type and attempt. */
export interface JobLogger {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** What a handler can use while it works. */
export interface JobContext {
  /** Counted from 1. */
  attempt: number;
  /** Aborts when the job times out, is cancelled, or must be given back; what the handler returns after that is ignored. */
  signal: AbortSignal;
  /** Reports how much is done, 0 to 1; at most one report a second is kept, the last. */
  progress(fraction: number, note?: string): void;
  logger: JobLogger;
}

/**
 * A handler module's default export. What it returns is the job's result, as JSON.
 * If it throws, the job is tried again; if what it throws has `permanent: true`, the job fails for good at once.
 */
export type Handler<Payload = unknown> = (job: Job<Payload>, context: JobContext) => unknown;

/** An error after which the job is not tried again: `throw permanent("Expected …, got …")`. */
export function permanent(message: string, options?: ErrorOptions): Error & { permanent: true } {
  return Object.assign(new Error(message, options), { name: "PermanentError", permanent: true as const });
}
