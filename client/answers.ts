import { describe, isObject, jsonOf } from "../contract/check";
import { jobStates } from "../contract/records/record";
import { type Answer, readAnswer } from "./connection/readAnswer";
import { JobProblemError, ResultOmitted } from "./errors";
import type {
  Action,
  FailureGroup,
  Health,
  Job,
  JobLogs,
  JobPage,
  JobType,
  ListedSchedule,
  PastCounts,
  Refusal,
  SubmittedJob,
  UsageReport,
} from "./job";
import { gatewayCodes } from "./problemCode";

/** Reads a job of `GET /jobs/{id}` and of lists. Fields that this version doesn't know pass. */
export function readJob(value: unknown): Job {
  const isJob = isObject(value) && hasIdTypeState(value) && typeof value.submittedAt === "string";
  return withoutAbsentResult(check<Job>(value, isJob, "a job"));
}

/** Makes reading a result that isn't here throw, so that it isn't taken for a missing one. */
function withoutAbsentResult(job: Job): Job {
  const { id, resultRef, resultOmitted } = job;
  const absent = resultOmitted ?? (resultRef && { ...resultRef, reason: "It is in S3, from where `get` fetches it" });
  if (!absent) return job;
  const get = () => {
    throw new ResultOmitted(id, absent);
  };
  return Object.defineProperty(job, "result", { get, enumerable: false, configurable: true });
}

export function readSubmittedJob(value: unknown): SubmittedJob {
  return check(value, isObject(value) && hasIdTypeState(value), "an accepted job");
}

export function readJobPage(value: unknown): JobPage {
  const { jobs, cursor } = check<JobPage>(value, isObject(value) && Array.isArray(value.jobs), "a list of jobs");
  return { jobs: jobs.map(readJob), ...(cursor !== undefined && { cursor }) };
}

export function readJobLogs(value: unknown): JobLogs {
  return check(value, isObject(value) && Array.isArray(value.lines) && value.lines.every(isObject), "lines of a job");
}

export function readAction(value: unknown): Action {
  const isAction = isObject(value) && typeof value.id === "string" && isObject(value.counts);
  return check(value, isAction, "an action");
}

export function readActions(value: unknown): Action[] {
  const isList = isObject(value) && Array.isArray(value.actions);
  return check<{ actions: unknown[] }>(value, isList, "a list of actions").actions.map(readAction);
}

export function readFailures(value: unknown): FailureGroup[] {
  const isList = isObject(value) && Array.isArray(value.failures);
  return check<{ failures: FailureGroup[] }>(value, isList, "groups of failed jobs").failures;
}

export function readTypes(value: unknown): JobType[] {
  const { types } = check<{ types: unknown[] }>(value, isObject(value) && Array.isArray(value.types), "job types");
  return types.map(readType);
}

export function readType(value: unknown): JobType {
  return check<JobType>(value, isObject(value) && typeof value.type === "string", "a job type");
}

export function readHistory(value: unknown): PastCounts[] {
  const isHistory = isObject(value) && Array.isArray(value.counts) && value.counts.every(isObject);
  return check<{ counts: PastCounts[] }>(value, isHistory, "a type's history").counts;
}

export function readSchedules(value: unknown): ListedSchedule[] {
  type Answer = { schedules: ListedSchedule[] };
  return check<Answer>(value, isObject(value) && Array.isArray(value.schedules), "schedules").schedules;
}

export function readUsage(value: unknown): UsageReport {
  const isReport = isObject(value) && Array.isArray(value.rows) && value.rows.every(isObject) && isObject(value.total);
  return check<UsageReport>(value, isReport, "usage");
}

/** Reads a deep health, which is an answer though its status is 503. */
export function readHealth(answer: Answer): Health {
  const value = jsonOf(answer.text);
  const isHealth = isObject(value) && isObject(value.parts);
  return check<Health>(isHealth ? value : readAnswer(answer), isHealth, "its health");
}

/** Outcome of each job of a batch. */
export interface BatchResult {
  status: number;
  id?: string;
  problem?: Refusal;
  /** The API that answered, if there are several. */
  url?: string;
}

export function readBatchResults(value: unknown, count: number): BatchResult[] {
  const { results } = check<{ results: unknown[] }>(
    value,
    isObject(value) && Array.isArray(value.results) && value.results.length === count,
    `${count} results`,
  );
  return results.map((result) =>
    check<BatchResult>(
      result,
      isObject(result) && (result.status === 202 || isObject(result.problem)),
      "the result of a job",
    ),
  );
}

function hasIdTypeState({ id, type, state }: Record<string, unknown>): boolean {
  return typeof id === "string" && typeof type === "string" && (jobStates as readonly unknown[]).includes(state);
}

function check<T>(value: unknown, isRight: boolean, what: string): T {
  if (isRight) return value as T;
  const detail = `Expected ${what} from the API, got ${describe(value)}; is this the URL of a batch job API?`;
  throw new JobProblemError({ code: gatewayCodes.unexpected, status: 200, detail });
}
