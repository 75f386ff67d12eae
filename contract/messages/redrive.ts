/** What asks the rescue function to send dead letters of a type back to its queue. */
export interface Redrive {
  redrive: {
    type: string;
    /** Ids of failed jobs. */
    ids: string[];
    /** How long SQS holds the jobs back, up to 900. */
    delaySeconds: number;
  };
}

/**
 * What became of a job: its letter was sent back, by this call or another; there is none; or it may be among letters that
 * somebody else holds, or that there was no time for.
 */
export type RedriveOutcome = "sent" | "absent" | "held";

/** The answer, by id. */
export type RedriveOutcomes = Record<string, RedriveOutcome>;

/** How long the rescue function looks for letters; whoever waits for it waits longer. */
export const redriveSeconds = 8;
