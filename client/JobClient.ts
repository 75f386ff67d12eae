import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { ActionVerb } from "../contract/http/jobFilter";
import { idPattern } from "../contract/limits";
import {
  type BatchResult,
  readAction,
  readActions,
  readBatchResults,
  readFailures,
  readHealth,
  readHistory,
  readJob,
  readJobLogs,
  readSchedules,
  readSubmittedJob,
  readType,
  readTypes,
} from "./answers";
import type { Connection } from "./connection/connection";
import { isOnThisMachine } from "./connection/origin";
import { Origins, type OriginsOptions } from "./connection/origins";
import { DeadLetters } from "./DeadLetters";
import { JobProblemError } from "./errors";
import { inParallel } from "./inParallel";
import type {
  Action,
  ActionOptions,
  AnyJobTypes,
  FailureGroup,
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
} from "./job";
import { listJobs } from "./listJobs";
import { withResult } from "./submission/largeValues";
import { checkPayload } from "./submission/submissionBody";
import { Submissions } from "./submission/Submissions";
import { waitForJob, type WaitOptions } from "./waitForJob";

export type JobClientOptions = OriginsOptions;

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

/** Time between two reads of new lines: CloudWatch Logs takes few calls a second from all readers together. */
const followMilliseconds = { local: 1_000, cloud: 5_000 };

/** Jobs read at once. */
const readsAtOnce = 10;

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
 * API that took it first; what they return says its `url`. Types, schedules, failures, actions and dead letters are
 * those of the API in use.
 */
export class JobClient<Types extends JobTypeMap<Types> = AnyJobTypes> {
  /** The jobs that failed for good, in their dead-letter queues. */
  readonly deadLetters: DeadLetters;
  private readonly origins: Origins;
  private readonly submissions: Submissions;
  private readonly followMilliseconds: number;

  constructor(options: JobClientOptions) {
    this.origins = new Origins(options);
    this.submissions = new Submissions(this.origins);
    const { url } = this.origins.current;
    this.followMilliseconds = isOnThisMachine(url) ? followMilliseconds.local : followMilliseconds.cloud;
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
    { payload = true, result, signal }: GetOptions = {},
  ): Promise<Job<Types[Name]["result"], Name>> {
    const query = payload ? {} : { payload: "false" };
    const read = readJob(await this.origins.request({ method: "GET", path: pathOf(job), query, signal }, urlOf(job)));
    return this.whole(read, { result, signal });
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
    const bare = { payload: false, result: false };
    const ended = await waitForJob((signal) => this.get(job, { ...bare, signal }), options);
    return this.whole(ended, options);
  }

  /** The job that was read, with its result from S3 unless that is to stay there. */
  private async whole<Name extends keyof Types & string>(
    read: Job,
    { result = true, signal }: Pick<GetOptions, "result" | "signal">,
  ): Promise<Job<Types[Name]["result"], Name>> {
    const job = result ? await withResult(this.origins.current.patient, read, signal) : read;
    return job as Job<Types[Name]["result"], Name>;
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
    try {
      const answer = await this.origins.request(
        { method: "DELETE", path: pathOf(job), signal: options.signal },
        urlOf(job),
      );
      return readJob(answer) as Job<Types[Name]["result"], Name>;
    } catch (error) {
      if (!(error instanceof JobProblemError && error.status === 409)) throw error;
      // The first try may have done it, and its answer was lost.
      const present = await this.get(job, options);
      if (present.state !== "cancelled") throw error;
      return present;
    }
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
    { delaySeconds, idempotencyKey = randomUUID(), signal }: RetryOptions = {},
  ): Promise<Job<Types[Name]["result"], Name>> {
    try {
      const path = `${pathOf(job)}/retry`;
      const headers = { "idempotency-key": idempotencyKey };
      const body = { delaySeconds };
      const answer = await this.origins.request({ method: "POST", path, headers, body, signal }, urlOf(job));
      return readJob(answer) as Job<Types[Name]["result"], Name>;
    } catch (error) {
      if (!(error instanceof JobProblemError && error.code === "job-not-ended")) throw error;
      // The first try may have done it, and its answer was lost.
      const present = await this.get(job, { signal });
      if (present.retriedAt === undefined) throw error;
      return present;
    }
  }

  /**
   * Submits a job like this one, whatever became of it: of the same type, payload, tenant and labels, unless the
   * options say otherwise. It has no checkpoint.
   *
   * @throws JobProblemError with code `payload-not-kept` if the payload is gone, and the options have none.
   */
  async replay(job: JobRef<string>, options: ReplayOptions = {}): Promise<SubmittedJob> {
    const { idempotencyKey = randomUUID(), signal, ...body } = options;
    const path = `${pathOf(job)}/replay`;
    const headers: Record<string, string> = body.id === undefined ? { "idempotency-key": idempotencyKey } : {};
    checkPayload(body);
    return readSubmittedJob(await this.origins.request({ method: "POST", path, headers, body, signal }, urlOf(job)));
  }

  /**
   * Removes an ended job's payload, result and checkpoint, and its dead letter. Returns the job without them.
   *
   * @throws JobProblemError with code `job-not-ended` if it waits or runs.
   */
  async removeData(job: JobRef<string>, { signal }: CallOptions = {}): Promise<Job> {
    return readJob(await this.origins.request({ method: "DELETE", path: `${pathOf(job)}/data`, signal }, urlOf(job)));
  }

  /**
   * Runs failed jobs again, from their dead letters, up to a hundred; returns the outcome of each, in the order of
   * their ids. A job that waits or runs since an earlier retry counts as accepted.
   */
  async retryMany(
    ids: readonly string[],
    { delaySeconds, idempotencyKey = randomUUID(), signal }: RetryOptions = {},
  ): Promise<SubmitOutcome[]> {
    const headers = { "idempotency-key": idempotencyKey };
    const results = new Map([...new Set(ids)].map((id): [string, BatchResult] => [id, { status: 404 }]));
    const send = async (api: Connection) => {
      const wanted = [...results.keys()].filter((id) => results.get(id)!.status === 404);
      const body = { ids: wanted, delaySeconds };
      const answer = await api.request({ method: "POST", path: "jobs/retry", headers, body, signal });
      readBatchResults(answer, wanted.length).forEach((result, index) => results.set(wanted[index]!, result));
      const { problem } = [...results.values()].find(({ status }) => status === 404) ?? {};
      if (problem) throw new JobProblemError(problem);
    };
    await this.origins.run(send).catch((error: unknown) => {
      if (!(error instanceof JobProblemError && error.status === 404)) throw error;
    });
    return inParallel([...results], readsAtOnce, async ([id, { problem }]): Promise<SubmitOutcome> => {
      // The first try may have done it, and its answer was lost.
      const isRetried =
        problem?.code === "job-not-ended" && (await this.get(id, { result: false, signal })).retriedAt !== undefined;
      return problem && !isRetried ? { id, isAccepted: false, problem } : { id, isAccepted: true };
    });
  }

  /** Reads what functions and workers logged about a job, oldest first. Lines take some seconds to be there. */
  async logs(job: JobRef<string>, { signal, ...query }: LogQuery = {}): Promise<JobLogs> {
    return readJobLogs(
      await this.origins.request({ method: "GET", path: `${pathOf(job)}/logs`, query, signal }, urlOf(job)),
    );
  }

  /** Reads a job's lines as they come, a page at a time, until it has ended and all are read. Pages may be empty. */
  async *followLogs(job: JobRef<string>, query: LogQuery = {}): AsyncGenerator<LogLine[]> {
    for (let after = query.after; ;) {
      const { lines, cursor, more } = await this.logs(job, { ...query, after });
      yield lines;
      if (cursor === undefined) return;
      after = cursor;
      if (!more) await sleep(this.followMilliseconds, undefined, { signal: query.signal });
    }
  }

  /**
   * Begins to retry, replay or cancel many jobs, those that fit as of now; `action` says how far it is. What a filter
   * leaves out is filled in, and shown.
   */
  async act(action: ActionVerb, options: ActionOptions): Promise<Action> {
    const { idempotencyKey = randomUUID(), signal, ...more } = options;
    const headers = { "idempotency-key": idempotencyKey };
    const body = { action, ...more };
    return readAction(await this.origins.request({ method: "POST", path: "actions", headers, body, signal }));
  }

  /** An action as it is now. */
  async action(id: string, { signal }: CallOptions = {}): Promise<Action> {
    return readAction(await this.origins.request({ method: "GET", path: actionPath(id), signal }));
  }

  /** The last actions, newest first. */
  async actions({ signal }: CallOptions = {}): Promise<Action[]> {
    return readActions(await this.origins.request({ method: "GET", path: "actions", signal }));
  }

  /** Stops an action, with the jobs that are under way. One that has ended stays as it is. */
  async stopAction(id: string, { signal }: CallOptions = {}): Promise<Action> {
    return readAction(await this.origins.request({ method: "DELETE", path: actionPath(id), signal }));
  }

  /** The newest 1,000 failed jobs, grouped by type and kind of error; of all types, if there are at most 20. */
  async failures({ type, signal }: CallOptions & { type?: string } = {}): Promise<FailureGroup[]> {
    const request = { method: "GET", path: "failures", query: { type }, signal } as const;
    return readFailures(await this.origins.request(request));
  }

  /** Retries the launches of a type's workers now, if they fail and wait for their next try. */
  async retryLaunches(type: string, options: CallOptions = {}): Promise<void> {
    const path = `types/${encodeURIComponent(type)}/retry-launches`;
    await this.origins.request({ method: "POST", path, signal: options.signal });
  }

  /** Lists jobs, newest first, a page at a time; those of several APIs together. */
  async list(query: ListQuery = {}): Promise<JobPage> {
    return listJobs(this.origins, query);
  }

  /** Reads a job type, with the counts of its jobs, instances and slots. */
  async type(type: string, { signal }: CallOptions = {}): Promise<JobType> {
    const path = `types/${encodeURIComponent(type)}`;
    return readType(await this.origins.request({ method: "GET", path, signal }));
  }

  /**
   * Reads a type's counts of the last minutes, 60 by default and 10,080 at most: those of each minute in which it had
   * jobs or they changed, oldest first, and the last before.
   */
  async history(type: string, { minutes, signal }: CallOptions & { minutes?: number } = {}): Promise<PastCounts[]> {
    const path = `types/${encodeURIComponent(type)}/history`;
    return readHistory(await this.origins.request({ method: "GET", path, query: { minutes }, signal }));
  }

  /** Lists the recurring schedules that submit jobs. */
  async schedules({ signal }: CallOptions = {}): Promise<ListedSchedule[]> {
    return readSchedules(await this.origins.request({ method: "GET", path: "schedules", signal }));
  }

  /** Has the API in use read its types, a record and the last counts; `status` says `failing` if it can't. */
  async health({ signal }: CallOptions = {}): Promise<Health> {
    const request = { method: "GET", path: "health", query: { deep: "1" }, signal } as const;
    return this.origins.run(async (api) => readHealth(await api.exchange(request)));
  }

  /** Lists the job types that the API takes. */
  async types(options: CallOptions = {}): Promise<JobType[]> {
    return readTypes(await this.origins.request({ method: "GET", path: "types", signal: options.signal }));
  }
}

function actionPath(id: string): string {
  return `actions/${encodeURIComponent(id)}`;
}

/** The API that took the job, if it is known. */
function urlOf(job: JobRef<string>): string | undefined {
  return typeof job === "string" ? undefined : job.url;
}

/** Refused here, since some invalid ids would make another path. */
function pathOf(job: JobRef<string>): string {
  const id = typeof job === "string" ? job : job.id;
  if (idPattern.test(id)) return `jobs/${id}`;
  const detail = `Expected a job id of 1–80 letters, digits, ".", "_" and "-", got ${JSON.stringify(id)}`;
  throw new JobProblemError({ code: "job-not-found", status: 404, detail });
}
