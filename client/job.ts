import type { FieldProblem } from "../contract/check";
import type { JobError, JobState, OmittedResult } from "../contract/records/record";
import type { Waiting } from "../contract/records/waiting";
import type { JobProblemCode } from "./errors";

/** Payload and result of one job type. */
export interface JobShape {
  payload: unknown;
  result: unknown;
}

/** Where nothing is said of the types: any name, any payload. */
export type AnyJobTypes = Record<string, JobShape>;

/** What {@link AnyJobTypes} asks of an interface, which has no index signature. */
export type JobTypeMap<Types> = { [Name in keyof Types]: JobShape };

/** A job as the API shows it. Times are ISO 8601, UTC. */
export interface Job<Result = unknown, Name extends string = string> {
  id: string;
  type: Name;
  state: JobState;
  /** Attempts begun, less those given back. */
  attempts: number;
  /** The handler's last `progress(fraction, note)`. */
  progress?: { fraction: number; note?: string };
  /** What the handler returned. @throws ResultOmittedError where it was too large to be kept. */
  result?: Result;
  /** There in place of `result` where that was too large to be kept. */
  resultOmitted?: OmittedResult;
  /** Why it failed, or why its last attempt did. */
  error?: JobError;
  submittedAt: string;
  startedAt?: string;
  finishedAt?: string;
  /** When a delayed job may begin. */
  runAt?: string;
  /** When somebody asked for it to be cancelled. */
  cancelRequestedAt?: string;
  /** Why it waits; while it is queued. */
  waiting?: Waiting;
  /** How often it was sent back after it had failed, and when last. */
  retries?: number;
  retriedAt?: string;
  /** Whom it is for. */
  tenant?: string;
  /** Fields of its record that can't be read. */
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
   * @default - one that the API gives
   */
  id?: string;
  /** Makes the submission idempotent without naming the id, 1–255 characters. @default - a random one for each call */
  idempotencyKey?: string;
  /** Whole seconds until the job may begin, at most a year. */
  delaySeconds?: number;
  /** When the job may begin, in place of `delaySeconds`. */
  runAt?: Date | string;
  /** Whom the job is for; see "Tenants" in docs/api.md. */
  tenant?: string;
  /** Ends the call; whether the job was accepted is then unknown. */
  signal?: AbortSignal;
}

/** One of several jobs to submit. */
export type Submission<Types extends JobTypeMap<Types>> = {
  [Name in keyof Types & string]: { type: Name; payload: Types[Name]["payload"] } & Omit<
    SubmitOptions,
    "idempotencyKey" | "signal"
  >;
}[keyof Types & string];

/** What became of one of several jobs. */
export type SubmitOutcome = { id: string; isAccepted: true } | { id: string; isAccepted: false; problem: Refusal };

/** Why a job was not accepted. */
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
  /** JSON Schema that payloads meet. */
  payloadSchema?: unknown;
  queueUrl?: string;
  deadLetterQueueUrl?: string;
  /** Machine image of the workers' instances, and when AWS made it: ISO 8601, as far as that is known. */
  machineImage?: { id: string; createdAt?: string };
  /** Why no worker starts. */
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
  /** Jobs in the answer, 1 to 100. @default 20 */
  limit?: number;
  /** Where the answer before ended. */
  cursor?: string;
  signal?: AbortSignal;
}

/** Jobs, newest first; with a cursor where there are more. */
export interface JobPage {
  jobs: Job[];
  cursor?: string;
}
