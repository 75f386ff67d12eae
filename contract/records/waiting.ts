/**
 * Reasons why a job waits. `delayed`: its start time is ahead. `no-workers`: no worker of its type starts. `backoff`:
 * its last attempt failed, and the next is not due. `unknown`: none of these is known to apply.
 */
export const waitingReasons = ["delayed", "no-workers", "backoff", "unknown"] as const;
export type WaitingReason = (typeof waitingReasons)[number];

/** The known reason why a job waits; never a guess. Times are ISO 8601, UTC. */
export interface Waiting {
  reason: WaitingReason;
  /** Text for people. */
  detail: string;
  /** Begin of the cause, if it is known. */
  since?: string;
  /** End of the cause, or time of the next try, if it is known. */
  until?: string;
  /** Time of this knowledge. */
  asOf: string;
}
