import { randomUUID } from "node:crypto";
import type { ActionVerb } from "../contract/http/jobFilter";
import {
  readAction,
  readActions,
  readFailures,
  readHealth,
  readHistory,
  readLaunchRetry,
  readSchedules,
  readType,
  readTypes,
  readUsage,
} from "./answers";
import { Origins, type OriginsOptions } from "./connection/origins";
import { DeadLetters } from "./deadLetters/DeadLetters";
import type {
  Action,
  ActionOptions,
  AnyJobTypes,
  CallOptions,
  FailureGroup,
  GetOptions,
  Health,
  Job,
  JobLogs,
  JobPage,
  JobType,
  JobTypeMap,
  ListedSchedule,
  ListQuery,
  LogLine,
  LogQuery,
  PastCounts,
  ReplayOptions,
  RetryOptions,
  Submission,
  SubmitOptions,
  SubmitOutcome,
  SubmittedJob,
  UsageQuery,
  UsageReport,
} from "./job";
import { Jobs } from "./jobs/Jobs";
import { listJobs } from "./jobs/listJobs";
import type { WaitOptions } from "./jobs/waitForJob";
import { Submissions } from "./submission/Submissions";
import { wholeUsage } from "./wholeUsage";

export type JobClientOptions = OriginsOptions;

/** Jobs of a known type by their id, or of any type by a bare id. */
type JobRef<Name extends string> = string | SubmittedJob<Name>;

/**
 * A client of the HTTP API. `Types` names the job types with their payloads and results:
 * `new JobClient<{ "word-count": { payload: { text: string }; result: { words: number } } }>({ url })`.
 *
 * Calls that fail on the way, are throttled or are answered with 5xx are retried; a submission always under the same
 * id or idempotency key, so that it makes one job. If the API refuses, the call throws a JobProblemError.
 *
 * With several URLs a submission goes to the first that works, always under the same id, and calls on a job ask the
 * API that took it first; what they return says its `url`. Types, schedules, failures, actions, usage and dead letters
 * are those of the API in use.
 */
export class JobClient<Types extends JobTypeMap<Types> = AnyJobTypes> {
  /** The jobs that failed for good, in their dead-letter queues. */
  readonly deadLetters: DeadLetters;
  private readonly origins: Origins;
  private readonly submissions: Submissions;
  private readonly jobs: Jobs;

  constructor(options: JobClientOptions) {
    this.origins = new Origins(options);
    this.submissions = new Submissions(this.origins);
    this.jobs = new Jobs(this.origins);
    this.deadLetters = new DeadLetters(
      (signal) => this.types({ signal }),
      () => this.origins.current,
    );
  }

  /**
   * Submits a job. It is accepted once this resolves.
   *
   * @throws JobProblemError if the API refuses it, or if JSON would drop or change a part of the payload. In that case
   * the payload is not sent, and `errors` names each part by its path.
   */
  async submit<Name extends keyof Types & string>(
    type: Name,
    payload: Types[Name]["payload"],
    options: SubmitOptions = {},
  ): Promise<SubmittedJob<Name>> {
    return (await this.submissions.submit(type, payload, options)) as SubmittedJob<Name>;
  }

  /**
   * Submits a job whose payload is a file, of up to 100 MB of JSON, or with `payloads: "file"` of up to 5 GB of
   * anything. The file is uploaded to S3 piece by piece.
   *
   * @throws JobProblemError if the API refuses it.
   */
  async submitFile<Name extends keyof Types & string>(
    type: Name,
    file: string,
    options: SubmitOptions = {},
  ): Promise<SubmittedJob<Name>> {
    return (await this.submissions.submitFile(type, file, options)) as SubmittedJob<Name>;
  }

  /** Submits any number of jobs, a hundred to a request; returns the outcome of each, in order. */
  async submitMany(jobs: Iterable<Submission<Types>>, options: CallOptions = {}): Promise<SubmitOutcome[]> {
    return this.submissions.submitMany(jobs, options.signal);
  }

  /** Reads a job's present state. */
  async get<Name extends keyof Types & string>(
    job: JobRef<Name>,
    options: GetOptions = {},
  ): Promise<Job<Types[Name]["result"], Name>> {
    return (await this.jobs.get(job, options)) as Job<Types[Name]["result"], Name>;
  }

  /**
   * Resolves to the job once it has ended, in whatever `state`, without its payload.
   *
   * @throws WaitTimeoutError once the timeout is reached. The job goes on.
   */
  async wait<Name extends keyof Types & string>(
    job: JobRef<Name>,
    options: WaitOptions = {},
  ): Promise<Job<Types[Name]["result"], Name>> {
    return (await this.jobs.wait(job, options)) as Job<Types[Name]["result"], Name>;
  }

  /**
   * Requests a job's cancellation: a waiting job never runs, a running one is signalled. Returns the job's new state;
   * a job that is cancelled already is no error.
   *
   * @throws JobProblemError with code `job-finished` if it has ended otherwise.
   */
  async cancel<Name extends keyof Types & string>(
    job: JobRef<Name>,
    options: CallOptions = {},
  ): Promise<Job<Types[Name]["result"], Name>> {
    return (await this.jobs.cancel(job, options)) as Job<Types[Name]["result"], Name>;
  }

  /**
   * Runs a failed or cancelled job again, under its id and with attempts counted from zero, and returns its new state.
   * Its checkpoint stays. A job that waits or runs since an earlier retry is no error.
   *
   * @throws JobProblemError with code `job-not-ended`, `job-succeeded`, or `payload-not-kept` if neither its dead
   * letter nor its payload is there.
   */
  async retry<Name extends keyof Types & string>(
    job: JobRef<Name>,
    options: RetryOptions = {},
  ): Promise<Job<Types[Name]["result"], Name>> {
    return (await this.jobs.retry(job, options)) as Job<Types[Name]["result"], Name>;
  }

  /**
   * Submits a job like this one, whatever became of it: of the same type, payload, tenant and labels, unless the
   * options say otherwise. It has no checkpoint.
   *
   * @throws JobProblemError with code `payload-not-kept` if the payload is gone, and the options have none.
   */
  async replay(job: JobRef<string>, options: ReplayOptions = {}): Promise<SubmittedJob> {
    return this.jobs.replay(job, options);
  }

  /**
   * Removes an ended job's payload, result and checkpoint, and its dead letter. Returns the job without them.
   *
   * @throws JobProblemError with code `job-not-ended` if it waits or runs.
   */
  async removeData(job: JobRef<string>, options: CallOptions = {}): Promise<Job> {
    return this.jobs.removeData(job, options);
  }

  /**
   * Runs failed jobs again, from their dead letters, up to a hundred; returns the outcome of each, in the order of
   * their ids. A job that waits or runs since an earlier retry counts as accepted.
   */
  async retryMany(ids: readonly string[], options: RetryOptions = {}): Promise<SubmitOutcome[]> {
    return this.jobs.retryMany(ids, options);
  }

  /** Reads what functions and workers logged about a job, oldest first. Lines take some seconds to be there. */
  async logs(job: JobRef<string>, query: LogQuery = {}): Promise<JobLogs> {
    return this.jobs.logs(job, query);
  }

  /** Reads a job's lines as they come, a page at a time, until it has ended and all are read. Pages may be empty. */
  followLogs(job: JobRef<string>, query: LogQuery = {}): AsyncGenerator<LogLine[]> {
    return this.jobs.followLogs(job, query);
  }

  /**
   * Begins to retry, replay or cancel many jobs, those that fit as of now; `action` says how far it is. What a filter
   * leaves out is filled in, and shown.
   */
  async act(action: ActionVerb, options: ActionOptions): Promise<Action> {
    const { idempotencyKey = randomUUID(), signal, ...more } = options;
    const headers = { "idempotency-key": idempotencyKey };
    const body = { action, ...more };
    return this.origins.request({ method: "POST", path: "actions", headers, body, signal }, readAction);
  }

  /** An action as it is now. */
  async action(id: string, { signal }: CallOptions = {}): Promise<Action> {
    return this.origins.request({ method: "GET", path: actionPath(id), signal }, readAction);
  }

  /** The last actions, newest first. */
  async actions({ signal }: CallOptions = {}): Promise<Action[]> {
    return this.origins.request({ method: "GET", path: "actions", signal }, readActions);
  }

  /** Stops an action, with the jobs that are under way. One that has ended stays as it is. */
  async stopAction(id: string, { signal }: CallOptions = {}): Promise<Action> {
    return this.origins.request({ method: "DELETE", path: actionPath(id), signal }, readAction);
  }

  /** The newest 1,000 failed jobs, grouped by type and kind of error; of all types, if there are at most 20. */
  async failures({ type, signal }: CallOptions & { type?: string } = {}): Promise<FailureGroup[]> {
    const request = { method: "GET", path: "failures", query: { type }, signal } as const;
    return this.origins.request(request, readFailures);
  }

  /** Retries the launches of a type's workers now, if they fail and wait for their next try. */
  async retryLaunches(type: string, options: CallOptions = {}): Promise<void> {
    const path = `types/${encodeURIComponent(type)}/retry-launches`;
    await this.origins.request({ method: "POST", path, signal: options.signal }, readLaunchRetry);
  }

  /** Lists jobs, newest first, a page at a time; those of several APIs together. */
  async list(query: ListQuery = {}): Promise<JobPage> {
    return listJobs(this.origins, query);
  }

  /** Reads a job type, with the counts of its jobs, instances and slots. */
  async type(type: string, { signal }: CallOptions = {}): Promise<JobType> {
    const path = `types/${encodeURIComponent(type)}`;
    return this.origins.request({ method: "GET", path, signal }, readType);
  }

  /**
   * Reads a type's counts of the last minutes, 60 by default and 10,080 at most: those of each minute in which it had
   * jobs or they changed, oldest first, and the last before.
   */
  async history(type: string, { minutes, signal }: CallOptions & { minutes?: number } = {}): Promise<PastCounts[]> {
    const path = `types/${encodeURIComponent(type)}/history`;
    return this.origins.request({ method: "GET", path, query: { minutes }, signal }, readHistory);
  }

  /** Lists the recurring schedules that submit jobs. */
  async schedules({ signal }: CallOptions = {}): Promise<ListedSchedule[]> {
    return this.origins.request({ method: "GET", path: "schedules", signal }, readSchedules);
  }

  /**
   * Adds up the instance time that jobs have used and its price, by type, tenant or label; of this month until today by
   * default. Reads all parts of a large answer.
   */
  async usage({ signal, ...query }: UsageQuery = {}): Promise<UsageReport> {
    // Another API's parts are of its own jobs: they don't add up to a whole with those of the first.
    return this.origins.run(async (api, place) => {
      const read = async (cursor?: string) =>
        api.request({ method: "GET", path: "usage", query: { ...query, cursor }, signal }, readUsage);
      return { ...(await wholeUsage(read)), ...place };
    });
  }

  /** Has the API in use read its types, a record and the last counts; `status` says `failing` if it can't. */
  async health({ signal }: CallOptions = {}): Promise<Health> {
    const request = { method: "GET", path: "health", query: { deep: "1" }, signal } as const;
    return this.origins.run(async (api) => readHealth(await api.exchange(request)));
  }

  /** Lists the job types that the API takes. */
  async types(options: CallOptions = {}): Promise<JobType[]> {
    return this.origins.request({ method: "GET", path: "types", signal: options.signal }, readTypes);
  }
}

function actionPath(id: string): string {
  return `actions/${encodeURIComponent(id)}`;
}
