import { JobEnvelope } from "../../../contract/messages/envelope";
import { JobError, JobRecord, OmittedResult } from "../../../contract/records/record";

/** A worker's right to a job: every write is conditional on it. */
export interface Hold {
  jobId: string;
  worker: string;
  attempt: number;
}

/** What a worker says when a message reaches it. */
export interface ClaimRequest {
  job: JobEnvelope;
  messageId: string;
  /** How often SQS has delivered the message, this time included. */
  receiveCount: number;
  /** Whether the message carries a `reason`: a dead letter that someone sent back. */
  isRedriven: boolean;
  worker: string;
  maxAttempts: number;
  /** Whether the worker has no other job, and takes none. */
  isAlone?: boolean;
  /** Epoch milliseconds. */
  now: number;
  leaseUntil: number;
}

/** What the worker has to do with the message. */
export type Claim =
  /** Run the job. */
  | { outcome: "started"; hold: Hold }
  /** Dead-letter the job: it has no attempt left. */
  | { outcome: "exhausted"; hold: Hold; error: JobError }
  /** Delete the message: the job was to be cancelled, and now is. */
  | { outcome: "cancelled"; record: JobRecord }
  /** Delete the message: the job is finished, or another message stands for it. */
  | { outcome: "duplicate"; because: string; ended?: JobRecord }
  /** Dead-letter the message, which is no duplicate though its job has ended. */
  | { outcome: "refused"; reason: string }
  /** Run the job alone or put it off: it may have brought a worker down. So often it has been put off, this time included. */
  | { outcome: "suspect"; deferrals: number }
  /** Hide the message until then: its own attempt still runs, or may. */
  | { outcome: "busy"; until: number };

/** Whether the worker still holds the job after a write. */
export type HoldState = "held" | "cancel-requested" | "lost";

/** What is written with a job's end, where there is any of it. */
export interface LastWords {
  /** The last progress, if it wasn't written before. */
  progress?: { fraction: number; note?: string };
  /** What is said of a result that is too large. */
  resultOmitted?: OmittedResult;
}

/**
 * What is known of jobs, as a worker writes it. Each write but `claim` happens only while the worker holds the job;
 * else it changes nothing and says "lost". Repeating a write that succeeded is harmless.
 */
export interface JobRecords {
  claim(request: ClaimRequest): Promise<Claim>;
  /** The heartbeat. */
  extend(hold: Hold, leaseUntil: number): Promise<HoldState>;
  reportProgress(hold: Hold, progress: { fraction: number; note?: string }): Promise<HoldState>;
  succeed(hold: Hold, result: unknown, now: number, last?: LastWords): Promise<HoldState>;
  /** The attempt failed and the job waits for its next, until then: epoch milliseconds by the wall clock. */
  retry(hold: Hold, error: JobError, retryAt?: number, isSuspect?: boolean): Promise<HoldState>;
  /** The job failed for good. */
  fail(hold: Hold, error: JobError, now: number, last?: LastWords): Promise<HoldState>;
  cancel(hold: Hold, now: number, last?: LastWords): Promise<HoldState>;
  /** The job waits for another worker, and the attempt doesn't count. */
  giveBack(hold: Hold): Promise<HoldState>;
  /** Takes or keeps the right to run a suspect: one job of a type has it. Says whether it is this one's. */
  holdSuspects(request: Pick<ClaimRequest, "job" | "worker" | "now" | "leaseUntil">): Promise<boolean>;
  freeSuspects(request: Pick<ClaimRequest, "job" | "worker">): Promise<void>;
}
