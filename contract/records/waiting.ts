/**
 * Reasons why a job waits; the first that holds counts. `delayed`: its start time is ahead. `no-workers`: no worker of
 * its type starts. `backoff`: its last attempt failed, and the next is not due. `starting`: no instance is in service,
 * and some are to be. `behind`: all slots are busy. `unpublished`: its message is not in its queue. `unknown`: none of
 * these is known to apply.
 */
export type WaitingReason = "delayed" | "no-workers" | "backoff" | "starting" | "behind" | "unpublished" | "unknown";

/** The known reason why a job waits; never a guess. Times are ISO 8601, UTC. */
export interface Waiting {
  reason: WaitingReason;
  /** Text for people. */
  detail: string;
  /** Begin of the cause, if it is known. */
  since?: string;
  /** End of the cause, or time of the next try, if it is known. */
  until?: string;
  /** Approximate number of jobs that wait for a slot, with this one. */
  ahead?: number;
  /** Time by which they all have started, at the present number of slots; only if the jobs' duration is known. */
  estimatedStartAt?: string;
  /** Time of this knowledge. */
  asOf: string;
}
