/**
 * Why a job waits. `delayed`: its time has not come. `no-workers`: no worker of its type starts. `backoff`: its last attempt
 * failed, and the next is not due. `unknown`: nothing of the kind is known.
 */
export const waitingReasons = ["delayed", "no-workers", "backoff", "unknown"] as const;
export type WaitingReason = (typeof waitingReasons)[number];

/** Why a job waits, as far as it is known; never a guess. Times are ISO 8601, UTC. */
export interface Waiting {
  reason: WaitingReason;
  /** For a person. */
  detail: string;
  /** Since when it is so, where that is known. */
  since?: string;
  /** When it ends, or is tried again, where that is known. */
  until?: string;
  /** As of when this is known. */
  asOf: string;
}
