import { describe, isObject, jsonOf } from "../contract/check";
import type { Answers, Upload } from "../contract/http/answers";
import { jobStates } from "../contract/records/record";
import { type Answer, type Read, readAnswer } from "./connection/readAnswer";
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

/** Types of the fields that an answer's object must have. Fields that this version doesn't know pass. */
type Fields = Record<string, "string" | "number" | "object">;

/** Reads a job of `GET /jobs/{id}` and of lists. */
export function readJob(value: unknown, from: string): Job {
  const isJob = hasIdTypeState(value) && has(value, { submittedAt: "string" });
  return withoutAbsentResult(check<Job>(value, isJob, "a job", from));
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

export function readSubmittedJob(value: unknown, from: string): SubmittedJob {
  return check(value, hasIdTypeState(value), "an accepted job", from);
}

export function readUpload(value: unknown, from: string): Upload {
  const isUpload = has(value, { url: "string", headers: "object" }) && URL.canParse(String(value.url));
  return check(value, isUpload, "a place for a payload", from);
}

export function readJobPage(value: unknown, from: string): JobPage {
  const { jobs, cursor } = check<JobPage>(value, hasList(value, "jobs"), "a list of jobs", from);
  return { jobs: jobs.map((job) => readJob(job, from)), ...(cursor !== undefined && { cursor }) };
}

export function readJobLogs(value: unknown, from: string): JobLogs {
  const line: Fields = { at: "string", source: "string", level: "string", event: "string" };
  return check(value, hasList(value, "lines", line), "lines of a job", from);
}

export function readAction(value: unknown, from: string): Action {
  const isAction =
    has(value, { id: "string", action: "string", state: "string", counts: "object", startedAt: "string" }) &&
    has(value.counts, { matched: "number", done: "number", skipped: "number", failed: "number" });
  return check(value, isAction, "an action", from);
}

export function readActions(value: unknown, from: string): Action[] {
  const { actions } = check<{ actions: unknown[] }>(value, hasList(value, "actions"), "a list of actions", from);
  return actions.map((action) => readAction(action, from));
}

export function readFailures(value: unknown, from: string): FailureGroup[] {
  const group: Fields = { type: "string", errorKey: "string", count: "number", firstAt: "string", lastAt: "string" };
  const isList = hasList(value, "failures", { ...group, example: "object" });
  const { failures } = check<{ failures: FailureGroup[] }>(value, isList, "groups of failed jobs", from);
  return failures.map((each) => ({ ...each, example: readJob(each.example, from) }));
}

export function readTypes(value: unknown, from: string): JobType[] {
  const { types } = check<{ types: unknown[] }>(value, hasList(value, "types"), "job types", from);
  return types.map((type) => readType(type, from));
}

export function readType(value: unknown, from: string): JobType {
  return check<JobType>(value, has(value, { type: "string" }), "a job type", from);
}

export function readLaunchRetry(value: unknown, from: string): Answers["LaunchRetry"] {
  return check(value, has(value, { type: "string" }), "a retry of launches", from);
}

export function readHistory(value: unknown, from: string): PastCounts[] {
  const jobs: Fields = { at: "string", waiting: "number", running: "number" };
  const isHistory = hasList(value, "counts", { ...jobs, inService: "number", pending: "number", desired: "number" });
  return check<{ counts: PastCounts[] }>(value, isHistory, "a type's history", from).counts;
}

export function readSchedules(value: unknown, from: string): ListedSchedule[] {
  const isList = hasList(value, "schedules", { name: "string", type: "string", expression: "string" });
  return check<{ schedules: ListedSchedule[] }>(value, isList, "schedules", from).schedules;
}

export function readUsage(value: unknown, from: string): UsageReport {
  const sum: Fields = { jobs: "number", seconds: "number" };
  const isReport =
    has(value, { by: "string", from: "string", to: "string" }) && hasList(value, "rows", sum) && has(value.total, sum);
  return check<UsageReport>(value, isReport, "usage", from);
}

/** Reads the answer of `GET /health`. */
export function readHealthStatus(value: unknown, from: string): Health {
  return check(value, has(value, { status: "string" }), "its health", from);
}

/** Reads a deep health, which is an answer though its status is 503. */
export function readHealth(answer: Answer): Health {
  const value = jsonOf(answer.text);
  const part: Fields = { status: "string" };
  const isHealth = (health: unknown): health is Health =>
    has(health, { status: "string", parts: "object" }) &&
    has(health.parts, { types: "object", counts: "object" }) &&
    [health.parts.types, health.parts.counts].every((each) => has(each, part));
  return isHealth(value) ? value : readAnswer(answer, (said, from) => check(said, isHealth(said), "its health", from));
}

/** Outcome of each job of a batch. */
export interface BatchResult {
  status: number;
  id?: string;
  problem?: Refusal;
  /** The API that answered, if there are several. */
  url?: string;
}

/** Reads the outcomes of a batch of `count` jobs. */
export function readBatchResults(count: number): Read<BatchResult[]> {
  return (value, from) => {
    const isList = hasList(value, "results") && value.results.length === count;
    const { results } = check<{ results: unknown[] }>(value, isList, `${count} results`, from);
    return results.map((result) => {
      const isResult = isObject(result) && (result.status === 202 || hasProblem(result));
      return check<BatchResult>(result, isResult, "the result of a job", from);
    });
  };
}

function hasProblem({ status, problem }: Record<string, unknown>): boolean {
  return typeof status === "number" && has(problem, { code: "string", detail: "string" });
}

function hasIdTypeState(value: unknown): value is Record<string, unknown> {
  return (
    has(value, { id: "string", type: "string", state: "string" }) &&
    (jobStates as readonly unknown[]).includes(value.state)
  );
}

function has<Name extends string>(
  value: unknown,
  fields: Record<Name, Fields[string]>,
): value is Record<Name, unknown> {
  return (
    isObject(value) &&
    Object.entries(fields).every(([name, type]) =>
      type === "object" ? isObject(value[name]) : typeof value[name] === type,
    )
  );
}

function hasList<Name extends string>(
  value: unknown,
  name: Name,
  fields?: Fields,
): value is Record<string, unknown> & Record<Name, unknown[]> {
  if (!isObject(value)) return false;
  const list = value[name];
  return Array.isArray(list) && (!fields || list.every((each) => has(each, fields)));
}

function check<T>(value: unknown, isRight: boolean, what: string, from: string): T {
  if (isRight) return value as T;
  const detail = `Expected ${what} from the API at ${from}, got ${describe(value)}; is this the URL of a batch job API?`;
  throw new JobProblemError({ code: gatewayCodes.unexpected, status: 200, detail });
}
