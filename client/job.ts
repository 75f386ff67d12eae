import type { FieldProblem } from "../contract/check";
import type { JobError, JobState, OmittedResult } from "../contract/records/record";
import type { Waiting } from "../contract/records/waiting";
import type { JobProblemCode } from "./problemCode";

/** Payload and result of one job type. */
export interface JobShape {
  payload: unknown;
  result: unknown;
}

/** Types for a client without type parameter: any name, any payload. */
export type AnyJobTypes = Record<string, JobShape>;

/** The constraint of {@link AnyJobTypes} for an interface, which has no index signature. */
export type JobTypeMap<Types> = { [Name in keyof Types]: JobShape };

/** A job as the API shows it. Times are ISO 8601, UTC. */
export interface Job<Result = unknown, Name extends string = string> {
  id: string;
  type: Name;
  state: JobState;
  /** Attempts begun, less those given back. */
  attempts: number;
  /** Time of the last `checkpoint(value)`, which the next attempt gets; up to 20 s old while the job runs. */
  checkpointAt?: string;
  /** The handler's last `progress(fraction, note)`. */
  progress?: { fraction: number; note?: string };
  /** The handler's return value. @throws ResultOmitted if it was too large to be kept. */
  result?: Result;
  /** Present in place of a `result` that was too large to be kept. */
  resultOmitted?: OmittedResult;
  /** Error of the job, or of its last attempt. */
  error?: JobError;
  submittedAt: string;
  startedAt?: string;
  finishedAt?: string;
  /** Earliest start of a delayed job. */
  runAt?: string;
  /** Time at which cancellation was requested. */
  cancelRequestedAt?: string;
  /** Reason why it waits, while it is queued. */
  waiting?: Waiting;
  /** Number of retries after the job had failed, and the time of the last one. */
  retries?: number;
  retriedAt?: string;
  /** The customer that the job is for. */
  tenant?: string;
  /** Fields of the record that can't be read. */
  unreadable?: string[];
}

/** A job that was accepted. */
export interface SubmittedJob<Name extends string = string> {
  id: string;
  type: Name;
  state: JobState;
}

export interface SubmitOptions {
  /**
   * The job's id, 1–80 of letters, digits, `.`, `_`, `-`: submitting the same job under it again gives the same answer.
   *
   * @default - one that the API makes
   */
  id?: string;
  /** Makes the submission idempotent without naming the id, 1–255 characters. @default - a random one for each call */
  idempotencyKey?: string;
  /** Whole seconds until the job may begin, at most a year. */
  delaySeconds?: number;
  /** Earliest start, in place of `delaySeconds`. */
  runAt?: Date | string;
  /** The customer that the job is for; see "Tenants" in docs/api.md. */
  tenant?: string;
  /** Ends the call; it is then unknown if the job was accepted. */
  signal?: AbortSignal;
}

/** One of several jobs to submit. */
export type Submission<Types extends JobTypeMap<Types>> = {
  [Name in keyof Types & string]: { type: Name; payload: Types[Name]["payload"] } & Omit<
    SubmitOptions,
    "idempotencyKey" | "signal"
  >;
}[keyof Types & string];

/** Outcome of one of several jobs. */
export type SubmitOutcome = { id: string; isAccepted: true } | { id: string; isAccepted: false; problem: Refusal };

/** Reason why a job was not accepted. */
export interface Refusal {
  code: JobProblemCode;
  status: number;
  detail: string;
  errors?: FieldProblem[];
}

/** A job type that the API knows. */
export interface JobType {
  type: string;
  description?: string;
  timeoutSeconds: number;
  maxAttempts: number;
  /** JSON Schema of the payloads. */
  payloadSchema?: unknown;
  queueUrl?: string;
  deadLetterQueueUrl?: string;
  /** Machine image of the workers' instances, and its creation time in ISO 8601, if that is known. */
  machineImage?: { id: string; createdAt?: string };
  /** Reason why no worker starts. */
  launchProblem?: string;
}

export interface RetryOptions {
  /** Whole seconds until the job may begin, at most 900. @default 0 */
  delaySeconds?: number;
  signal?: AbortSignal;
}

export interface ListQuery {
  type?: string;
  state?: JobState;
  /** Jobs per page, 1 to 100. @default 20 */
  limit?: number;
  /** Cursor of the previous page. */
  cursor?: string;
  signal?: AbortSignal;
}

/** Jobs, newest first, with a cursor if there are more. */
export interface JobPage {
  jobs: Job[];
  cursor?: string;
}
