import { type Usage } from "../../../contract/fleet/usage";
import { type JobEnvelope } from "../../../contract/messages/envelope";
import { type ResultRef } from "../../../contract/records/largeValues";
import { type JobError, type JobRecord, type OmittedResult } from "../../../contract/records/record";

/** A worker's right to a job: every write is conditional on it. */
export interface Hold {
  jobId: string;
  worker: string;
  attempt: number;
  /** Number of the claim: later claims of the job have higher ones. */
  claim: number;
  /** Time of the job's last checkpoint; each write of the record writes it, too. Undefined without one. */
  checkpointAt?: string;
  /** Usage of the job's attempts, this one included once it has ended; it is written with the attempt's end. */
  usage?: Usage;
}

/** A worker's claim of a message's job. */
export interface ClaimRequest {
  job: JobEnvelope;
  messageId: string;
  /** Number of the message's deliveries by SQS, this one included. */
  receiveCount: number;
  /** True if the message carries a `reason`: a redriven dead letter. */
  isRedriven: boolean;
  worker: string;
  maxAttempts: number;
  /** True if the worker has no other job, and takes none. */
  isAlone?: boolean;
  /** Epoch milliseconds. */
  now: number;
  leaseUntil: number;
}

/** The worker's task with the message. */
export type Claim =
  /**
   * Run the job. True for `isUnsubmitted` if its message did not come from the API, which keeps payloads itself. The
   * record is as of the claim.
   */
  | { outcome: "started"; hold: Hold; record?: JobRecord; isUnsubmitted?: boolean }
  /** Dead-letter the job: it has no attempt left. */
  | { outcome: "exhausted"; hold: Hold; error: JobError }
  /** Delete the message: the job's cancellation was requested, and is now done. */
  | { outcome: "cancelled"; record: JobRecord }
  /** Delete the message: the job is finished, or has another message. */
  | { outcome: "duplicate"; because: string; ended?: JobRecord }
  /** Dead-letter the message, which is no duplicate though its job has ended. */
  | { outcome: "refused"; reason: string }
  /** Run the job alone or defer it: it may have brought a worker down. `deferrals` counts this one. */
  | { outcome: "suspect"; deferrals: number }
  /** Hide the message until then: its own attempt still runs, or may. */
  | { outcome: "busy"; until: number };

/** State of the worker's hold on the job after a write. */
export type HoldState = "held" | "cancel-requested" | "lost";

/** Optional fields that are written with a job's end. */
export interface LastWords {
  /** The last progress, if it wasn't written before. */
  progress?: { fraction: number; note?: string };
  /** A result in S3. */
  resultRef?: ResultRef;
  /** Description of a result that is too large. */
  resultOmitted?: OmittedResult;
}

/**
 * Job records, as a worker writes them. Each write but `claim` happens only while the worker holds the job;
 * otherwise it changes nothing and resolves to "lost". Repeating a successful write is harmless.
 */
export interface JobRecords {
  claim(request: ClaimRequest): Promise<Claim>;
  /** Extends the lease. */
  extend(hold: Hold, leaseUntil: number): Promise<HoldState>;
  reportProgress(hold: Hold, progress: { fraction: number; note?: string }): Promise<HoldState>;
  succeed(hold: Hold, result: unknown, now: number, last?: LastWords): Promise<HoldState>;
  /** The attempt failed and the job waits for its next until the given time: epoch milliseconds by the wall clock. */
  retry(hold: Hold, error: JobError, retryAt?: number, isSuspect?: boolean): Promise<HoldState>;
  /** The job failed for good. */
  fail(hold: Hold, error: JobError, now: number, last?: LastWords): Promise<HoldState>;
  cancel(hold: Hold, now: number, last?: LastWords): Promise<HoldState>;
  /** The job waits for another worker, and the attempt doesn't count. */
  giveBack(hold: Hold, reason?: string): Promise<HoldState>;
  /**
   * Acquires or extends the right to run a suspect, which one job of a type has. Resolves to true if this one has it.
   */
  holdSuspects(request: Pick<ClaimRequest, "job" | "worker" | "now" | "leaseUntil">): Promise<boolean>;
  freeSuspects(request: Pick<ClaimRequest, "job" | "worker">): Promise<void>;
}
