import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { idPattern } from "../../contract/limits";
import { type BatchResult, readBatchResults, readJob, readJobLogs, readSubmittedJob } from "../answers";
import type { ApiRequest, Connection } from "../connection/connection";
import { isOnThisMachine } from "../connection/origin";
import type { Origins } from "../connection/origins";
import type { Read } from "../connection/readAnswer";
import { JobProblemError } from "../errors";
import { inParallel } from "../inParallel";
import type {
  CallOptions,
  GetOptions,
  Job,
  JobLogs,
  LogLine,
  LogQuery,
  ReplayOptions,
  RetryOptions,
  SubmitOutcome,
  SubmittedJob,
} from "../job";
import { withResult } from "../submission/largeValues";
import { checkPayload } from "../submission/submissionBody";
import { waitForJob, type WaitOptions } from "./waitForJob";

/** A job by its id, or with the API that took it. */
export type JobRef = string | Pick<SubmittedJob, "id" | "url">;

/** Time between two reads of new lines: CloudWatch Logs takes few calls a second from all readers together. */
const followMilliseconds = { local: 1_000, cloud: 5_000 };

/** Jobs read at once. */
const readsAtOnce = 10;

/**
 * Reads jobs and acts on them, each at the API that took it first. An act whose answer got lost is tried again: a
 * refusal that its own first try explains is no error.
 */
export class Jobs {
  private readonly followMilliseconds: number;

  constructor(private readonly origins: Origins) {
    const isLocal = isOnThisMachine(origins.current.url);
    this.followMilliseconds = isLocal ? followMilliseconds.local : followMilliseconds.cloud;
  }

  async get(job: JobRef, { payload = true, ...options }: GetOptions = {}): Promise<Job> {
    const query = payload ? {} : { payload: "false" };
    return this.withResult(await this.request(readJob, "GET", job, "", { query, signal: options.signal }), options);
  }

  async wait(job: JobRef, options: WaitOptions = {}): Promise<Job> {
    const bare = { payload: false, result: false };
    return this.withResult(await waitForJob((signal) => this.get(job, { ...bare, signal }), options), options);
  }

  async cancel(job: JobRef, options: CallOptions = {}): Promise<Job> {
    try {
      return await this.request(readJob, "DELETE", job, "", { signal: options.signal });
    } catch (error) {
      if (!(error instanceof JobProblemError && error.status === 409)) throw error;
      const present = await this.get(job, options);
      if (present.state !== "cancelled") throw error;
      return present;
    }
  }

  async retry(job: JobRef, { delaySeconds, idempotencyKey = randomUUID(), signal }: RetryOptions = {}): Promise<Job> {
    try {
      const headers = { "idempotency-key": idempotencyKey };
      return await this.request(readJob, "POST", job, "/retry", { headers, body: { delaySeconds }, signal });
    } catch (error) {
      if (!(error instanceof JobProblemError && error.code === "job-not-ended")) throw error;
      const present = await this.get(job, { signal });
      if (present.retriedAt === undefined) throw error;
      return present;
    }
  }

  async retryMany(
    ids: readonly string[],
    { delaySeconds, idempotencyKey = randomUUID(), signal }: RetryOptions = {},
  ): Promise<SubmitOutcome[]> {
    const headers = { "idempotency-key": idempotencyKey };
    const results = new Map([...new Set(ids)].map((id): [string, BatchResult] => [id, { status: 404 }]));
    const send = async (api: Connection) => {
      const wanted = [...results.keys()].filter((id) => results.get(id)!.status === 404);
      const body = { ids: wanted, delaySeconds };
      const request = { method: "POST", path: "jobs/retry", headers, body, signal } as const;
      (await api.request(request, readBatchResults(wanted.length))).forEach((result, index) =>
        results.set(wanted[index]!, result),
      );
      const { problem } = [...results.values()].find(({ status }) => status === 404) ?? {};
      if (problem) throw new JobProblemError(problem);
    };
    await this.origins.run(send).catch((error: unknown) => {
      if (!(error instanceof JobProblemError && error.code === "job-not-found")) throw error;
    });
    return inParallel([...results], readsAtOnce, async ([id, { problem }]): Promise<SubmitOutcome> => {
      const isRetried =
        problem?.code === "job-not-ended" && (await this.get(id, { result: false, signal })).retriedAt !== undefined;
      return problem && !isRetried ? { id, isAccepted: false, problem } : { id, isAccepted: true };
    });
  }

  async replay(
    job: JobRef,
    { idempotencyKey = randomUUID(), signal, ...body }: ReplayOptions = {},
  ): Promise<SubmittedJob> {
    const headers: Record<string, string> = body.id === undefined ? { "idempotency-key": idempotencyKey } : {};
    checkPayload(body);
    return this.request(readSubmittedJob, "POST", job, "/replay", { headers, body, signal });
  }

  async removeData(job: JobRef, { signal }: CallOptions = {}): Promise<Job> {
    return this.request(readJob, "DELETE", job, "/data", { signal });
  }

  async logs(job: JobRef, { signal, ...query }: LogQuery = {}): Promise<JobLogs> {
    return this.request(readJobLogs, "GET", job, "/logs", { query, signal });
  }

  async *followLogs(job: JobRef, query: LogQuery = {}): AsyncGenerator<LogLine[]> {
    for (let after = query.after; ;) {
      const { lines, cursor, more } = await this.logs(job, { ...query, after });
      yield lines;
      if (cursor === undefined) return;
      after = cursor;
      if (!more) await sleep(this.followMilliseconds, undefined, { signal: query.signal });
    }
  }

  /** The job that was read, with its result from S3 unless that is to stay there. */
  private async withResult(job: Job, { result = true, signal }: GetOptions): Promise<Job> {
    return result ? withResult(this.origins.current.patient, job, signal) : job;
  }

  private request<T>(
    read: Read<T>,
    method: ApiRequest["method"],
    job: JobRef,
    resource: "" | "/retry" | "/replay" | "/data" | "/logs",
    rest: Omit<ApiRequest, "method" | "path">,
  ): Promise<T> {
    const { id, url } = typeof job === "string" ? { id: job } : job;
    // Some invalid ids would make another path.
    if (idPattern.test(id)) return this.origins.request({ method, path: `jobs/${id}${resource}`, ...rest }, read, url);
    const detail = `Expected a job id of 1–80 letters, digits, ".", "_" and "-", got ${JSON.stringify(id)}`;
    throw new JobProblemError({ code: "job-not-found", status: 404, detail });
  }
}
