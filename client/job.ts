import type { FieldProblem } from "../contract/check";
import type * as answers from "../contract/http/answers";
import type { JobFilter } from "../contract/http/jobFilter";
import type { UsageQuestion } from "../contract/http/usageReport";
import type { JobState } from "../contract/records/record";
import type { JobProblemCode } from "./problemCode";

export type {
  Action,
  FailureGroup,
  Health,
  JobLogs,
  JobType,
  LogLine,
  PastCounts,
  ListedSchedule,
  TypeSchedule,
} from "../contract/http/answers";
export type { UsageReport, UsageRow, UsageSum } from "../contract/http/usageReport";

/** The API that has it, of a client with several URLs. */
interface Placed {
  url?: string;
}

export interface Job<Result = unknown, Name extends string = string> extends answers.Job<Result, Name>, Placed {}

export interface SubmittedJob<Name extends string = string> extends answers.SubmittedJob<Name>, Placed {}

/** Jobs, newest first, with a cursor if there are more. */
export interface JobPage {
  jobs: Job[];
  cursor?: string;
  /** URLs of APIs, of a client with several, that didn't answer: their jobs are missing here. */
  unreachable?: string[];
}

/** Payload and result of one job type. */
export interface JobShape {
  payload: unknown;
  result: unknown;
}

/** Types for a client without type parameter: any name, any payload. */
export type AnyJobTypes = Record<string, JobShape>;

/** The constraint of {@link AnyJobTypes} for an interface, which has no index signature. */
export type JobTypeMap<Types> = { [Name in keyof Types]: JobShape };

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
  /** Words of your own for the job: at most 10, names `[a-z][a-z0-9-]{0,39}`, values of 1–100 visible characters. */
  labels?: Record<string, string>;
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
export type SubmitOutcome =
  ({ id: string; isAccepted: true } & Placed) | { id: string; isAccepted: false; problem: Refusal };

/** Reason why a job was not accepted. */
export interface Refusal {
  code: JobProblemCode;
  status: number;
  detail: string;
  errors?: FieldProblem[];
}

export interface CallOptions {
  /** Ends the call. */
  signal?: AbortSignal;
}

export interface GetOptions extends CallOptions {
  /** False leaves the payload out, which spares the API reading it. @default true */
  payload?: boolean;
  /** False leaves a result in S3 where it is: `resultRef` has its URL. @default true */
  result?: boolean;
}

export interface RetryOptions {
  /** Whole seconds until the job may begin, at most 900. @default 0 */
  delaySeconds?: number;
  /** Under the same key a job is retried once, whatever becomes of it. @default - a random one for each call */
  idempotencyKey?: string;
  signal?: AbortSignal;
}

export interface ReplayOptions {
  /** @default - that of the job */
  payload?: unknown;
  /** @default - that of the job */
  type?: string;
  /** Id of the new job. @default - one that the API makes */
  id?: string;
  /** Makes the call idempotent without naming the id. @default - a random one for each call */
  idempotencyKey?: string;
  signal?: AbortSignal;
}

export interface LogQuery {
  /** Cursor of the answer before. */
  after?: string;
  /** Lines, 1 to 1,000. @default 100 */
  limit?: number;
  signal?: AbortSignal;
}

/** Usage to add up. */
export type UsageQuery = UsageQuestion & CallOptions;

/** Jobs to act on: those of a filter, or up to 1,000 by their ids. */
export type ActionOptions = ({ filter: JobFilter } | { ids: readonly string[] }) & {
  /** True to count the jobs alone. @default false */
  dryRun?: boolean;
  /** Jobs a second, at most, from 0.1. @default - as fast as it goes */
  ratePerSecond?: number;
  /** Text for people, which the action shows. */
  reason?: string;
  /** Under the same key an action is begun once. @default - a random one for each call */
  idempotencyKey?: string;
  signal?: AbortSignal;
};

export interface ListQuery {
  type?: string;
  state?: JobState;
  tenant?: string;
  /** A label, as `name:value`. */
  label?: string;
  /** Earliest submission; of jobs in the state `failed` or `cancelled` the earliest end. */
  from?: Date | string;
  /** Latest such time. */
  to?: Date | string;
  /** Jobs per page, 1 to 100. @default 20 */
  limit?: number;
  /** Cursor of the previous page. */
  cursor?: string;
  signal?: AbortSignal;
}
