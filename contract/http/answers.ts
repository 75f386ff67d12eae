import type { CapacityReason } from "../fleet/history";
import type { Usage } from "../fleet/usage";
import type { Labels } from "../labels";
import type { LargeValue } from "../records/largeValues";
import type { JobError, JobState, LoggedAttempt, OmittedResult } from "../records/record";
import type { Waiting } from "../records/waiting";
import type { ActionVerb, JobFilter } from "./jobFilter";
import type { ProblemCode, ProblemDocument } from "./problem";
import type { UsageReport } from "./usageReport";

/** Bodies of the API's answers, by the names that the OpenAPI document gives them. */
export interface Answers {
  Job: Job;
  SubmittedJob: SubmittedJob & { links?: { self: string } };
  JobPage: JobPage;
  JobLogs: JobLogs;
  Results: { results: Result[] };
  Upload: Upload;
  Types: { types: JobType[] };
  JobType: JobType;
  TypeHistory: TypeHistory;
  Schedules: { schedules: ListedSchedule[] };
  Failures: { failures: FailureGroup[] };
  Action: Action;
  Actions: { actions: Action[] };
  UsageReport: UsageReport;
  LaunchRetry: { type: string; launchProblem?: string };
  OpenApi: OpenApi;
  Health: Health;
}

/** The parts of the OpenAPI document that the front end adds the types' payloads to, and all others. */
export interface OpenApi {
  openapi: string;
  components: { schemas: Record<string, object>; [kind: string]: unknown };
  [part: string]: unknown;
}

/** A job as the API shows it. Times are ISO 8601, UTC. */
export interface Job<Result = unknown, Name extends string = string> {
  id: string;
  type: Name;
  state: JobState;
  /** The payload, if it is kept; lists and waits leave it out. */
  payload?: unknown;
  /** The payload in S3, in place of `payload`. */
  payloadRef?: ValueUrl;
  /** Attempts begun, less those given back. */
  attempts: number;
  /** The last ten attempts that failed, were given back or lost their worker, oldest first; lists leave them out. */
  attemptLog?: LoggedAttempt[];
  /** Time of instances that its attempts have used, those before a retry included, and its price. */
  usage?: Usage;
  /** Time of the last `checkpoint(value)`, which the next attempt gets; up to 20 s old while the job runs. */
  checkpointAt?: string;
  /** The handler's last `progress(fraction, note)`. */
  progress?: { fraction: number; note?: string };
  /** The handler's return value. If it was too large to be kept, reading it from the client throws `ResultOmitted`. */
  result?: Result;
  /** A result of more than 65,536 bytes, in S3, in place of `result`. */
  resultRef?: ValueUrl;
  /** Present in place of a `result` that was too large to be kept. */
  resultOmitted?: OmittedResult;
  /** Error of the job, or of its last attempt. */
  error?: JobError;
  submittedAt: string;
  /**
   * Caller who submitted the job: account and role or user, or a token's issuer and subject. Undefined if the API
   * authenticates none.
   */
  submittedBy?: string;
  /** Id of the job whose replay it is. */
  replayOf?: string;
  startedAt?: string;
  finishedAt?: string;
  /** Earliest start of a delayed job. */
  runAt?: string;
  /** Time at which cancellation was requested. */
  cancelRequestedAt?: string;
  cancelledBy?: string;
  /** Reason why it waits, while it is queued, or running without a worker: that was lost, and no other has it yet. */
  waiting?: Waiting;
  /** Number of retries after the job had ended, and the time and caller of the last one. */
  retries?: number;
  retriedAt?: string;
  retriedBy?: string;
  /** Time at which payload, result and checkpoint were removed, and the caller. */
  dataRemovedAt?: string;
  dataRemovedBy?: string;
  /** The customer that the job is for. */
  tenant?: string;
  /** The submitter's words for the job, by name. */
  labels?: Labels;
  /** Fields of the record that can't be read. */
  unreadable?: string[];
}

/** A value in S3, and its URL, which needs no further authorization and works for 15 minutes. */
export interface ValueUrl extends LargeValue {
  url: string;
  /** ISO 8601, UTC. */
  expiresAt: string;
}

/** Place for a payload: it is sent by PUT to the URL, with these headers and its own length. */
export interface Upload {
  url: string;
  headers: Record<string, string>;
  /** ISO 8601, UTC. */
  expiresAt: string;
}

/** A job that was accepted. */
export interface SubmittedJob<Name extends string = string> {
  id: string;
  type: Name;
  state: JobState;
}

/** Jobs, newest first, with a cursor if there are more. */
export interface JobPage {
  jobs: Job[];
  cursor?: string;
}

/** Lines about a job, oldest first. */
export interface JobLogs {
  lines: LogLine[];
  /**
   * Place after these lines, and the one that was given if there are none since. Undefined once the job has ended, and
   * all is read.
   */
  cursor?: string;
  /** Present if there are more lines now. */
  more?: true;
}

/** A line about a job. */
export interface LogLine {
  at: string;
  /** The function that wrote it, such as `router`, or the id of the worker's instance. */
  source: string;
  level: string;
  /** Name in the table of events; `job-log` is a line of the handler's. */
  event: string;
  attempt?: number;
  /** Words of the handler's. */
  message?: string;
  /** `stdout` or `stderr`, if the handler wrote the line there. */
  stream?: string;
  /** The line's other fields. */
  fields?: Record<string, unknown>;
}

/** Outcome for one of several jobs: 202, or the status of its problem. */
export interface Result {
  status: number;
  id?: string;
  problem?: ProblemDocument;
}

/** Failed jobs of a type with errors of one kind, among its newest 1,000. */
export interface FailureGroup {
  type: string;
  /** Name and message of the error, without quoted parts, and with # for words that have digits. */
  errorKey: string;
  count: number;
  /** Ends of the first and the last one. */
  firstAt: string;
  lastAt: string;
  /** The last one. */
  example: Job;
}

/** An action on many jobs, as it is or was. Times are ISO 8601, UTC. */
export interface Action {
  id: string;
  action: ActionVerb;
  /** The filter, with what was left out of it filled in; undefined for jobs that were named. */
  filter?: JobFilter;
  /** True if it only counts. */
  dryRun?: boolean;
  ratePerSecond?: number;
  reason?: string;
  /** `counting` is a dry run. */
  state: "counting" | "running" | "done" | "stopped";
  /** Numbers of jobs found so far, and of those acted on, left as they were, and out of reach. */
  counts: { matched: number; done: number; skipped: number; failed: number };
  /** The first 100 jobs that were skipped or failed, and why. */
  problems?: { id: string; code: ProblemCode }[];
  by?: string;
  startedAt: string;
  finishedAt?: string;
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
  /** Recurring schedules that submit jobs of the type. */
  schedules?: TypeSchedule[];
  /**
   * Approximate numbers of jobs, undefined if the type was never counted; those that wait include jobs in backoff. Dead
   * letters are counted now.
   */
  counts?: { waiting?: number; running?: number; delayed?: number; deadLetters?: number };
  instances?: { inService: number; pending: number; desired: number; max: number };
  /** Concurrent jobs of the instances in service, as workers last reported. */
  slots?: { busy: number; all: number };
  /** Seconds, until `asOf`, for which jobs have waited for a slot without a break; undefined if none does. */
  oldestSeconds?: number;
  /** Reason why no worker starts. */
  launchProblem?: string;
  /** Time of the next launch, while launches fail. */
  nextLaunchAt?: string;
  /** Time of the counts. */
  asOf?: string;
}

/** A type's jobs and instances over time. */
export interface TypeHistory {
  type: string;
  /**
   * Counts, oldest first, of each minute in which the type had jobs or its counts changed. They hold until the next
   * ones, but while there are jobs for two minutes at most: then the scaler didn't run. The first may be older than
   * what was asked for, since they held until then.
   */
  counts: PastCounts[];
}

/** Approximate numbers of jobs and instances at a time. */
export interface PastCounts {
  at: string;
  waiting: number;
  running: number;
  inService: number;
  pending: number;
  desired: number;
  /**
   * Reason why `desired` is another number than before: the scaler's, or `idle` if it is lower since instances without
   * jobs ended, and `minimum` if it is higher since the group's minimum is, or someone set it by hand.
   */
  reason?: CapacityReason | "idle" | "minimum";
}

/** Health of the API; with `deep=1` that of what it reads. */
export interface Health {
  status: "ok" | "failing";
  parts?: {
    /** The table of job types, and their number. */
    types: HealthPart & { count?: number };
    /** The table of records; undefined without tracking. */
    records?: HealthPart | undefined;
    /** The scaler's counts, and the age of the newest; types without work aren't counted. */
    counts: HealthPart & { ageSeconds?: number };
  };
}

export interface HealthPart {
  status: "ok" | "failing";
  /** Name of the error. */
  error?: string;
}

/** A schedule that submits jobs, by EventBridge Scheduler. */
export interface TypeSchedule {
  name: string;
  /** `rate(…)` or `cron(…)`, as EventBridge Scheduler takes it. */
  expression: string;
  /** Time zone of a `cron` expression; UTC by default. */
  timeZone?: string;
  /** False if it submits nothing: the component has `schedulesEnabled: false`. */
  enabled?: false;
}

/** A schedule of a type. */
export interface ListedSchedule extends TypeSchedule {
  type: string;
  /** Its next three times, unless it is off. Those of a `rate` depend on when EventBridge began with it. */
  next?: string[];
}
