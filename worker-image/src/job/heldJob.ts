import { type Log } from "../../../contract/log";
import { type JobEnvelope } from "../../../contract/messages/envelope";
import { type ReceivedMessage } from "../queue/queue";
import { type Hold } from "../records/records";
import { type Progress } from "../support/progress";

/** A job that this worker holds, and how to release it. */
export interface HeldJob {
  job: JobEnvelope;
  message: ReceivedMessage;
  hold: Hold;
  /** Number of attempts of the job. */
  maxAttempts: number;
  log: Log;
  /** True if no other job runs beside it. */
  isAlone?: boolean;
  /** True if the message is removed already: then nothing brings the job back, and it can't be retried. */
  isAcknowledged?: boolean;
  /**
   * End of the time for which heartbeats keep lease and message, and so of waiting out an outage. @default - no
   * heartbeats
   */
  heldUntil?: number;
  /** Asks SQS if it has lost the message. @default - it has not */
  isMessageGone?(): Promise<boolean>;
  /** Writes a checkpoint that the attempt has left unwritten. */
  saveCheckpoint?(json: string): Promise<void>;
  /** The last progress of the attempt, if it waits to be written with the job's end. */
  progress?: Progress;
  /**
   * Ends the heartbeat. Awaited between the record's write and the message's deletion or delay, which a late beat would
   * undo.
   */
  release(): Promise<void>;
}

/** A job whose message was received, and its lease, before the outcome of its claim. */
export type ClaimedJob = Omit<HeldJob, "hold" | "release"> & { leaseUntil: number };
