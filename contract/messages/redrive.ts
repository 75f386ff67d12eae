/** Request to the removal function to send dead letters of a type back to its queue. */
export interface Redrive {
  redrive: {
    type: string;
    /** Ids of failed jobs. */
    ids: string[];
    /** Seconds that SQS delays the jobs, up to 900. */
    delaySeconds: number;
    /** Principal of the caller, and digest of its `Idempotency-Key`. */
    by?: string | undefined;
    key?: string | undefined;
    /** True if the dead letters are to be deleted: nothing is sent back. */
    isDiscarded?: boolean | undefined;
  };
}

/**
 * Outcome for a job: its dead letter was sent back, by this call or another; there is none; or it may be among those
 * that another consumer holds, or that there was no time for.
 */
export type RedriveOutcome = "sent" | "absent" | "held";

/** The answer, by job id. */
export type RedriveOutcomes = Record<string, RedriveOutcome>;

/** Seconds that the removal function searches for dead letters; its callers wait longer than that. */
export const redriveSeconds = 8;
