import { historyMinutes } from "../fleet/history";
import { idPattern, limits, tenantPattern, typePattern } from "../limits";
import type { Submission } from "../messages/envelope";
import { jobStates } from "../records/record";
import { actionVerbs, type JobFilter } from "./jobFilter";
import type { Body, JsonSchema, Route } from "./route";
import { usageKinds } from "./usageReport";

/** The parameters of paths. */
export const pathParameters = {
  id: { type: "string", pattern: idPattern.source, description: "Id of a job, or of an action" },
  type: { type: "string", pattern: typePattern.source, description: "Name of a job type" },
};

const type = { type: "string", pattern: typePattern.source };

const id = { type: "string", pattern: idPattern.source };
const value = {
  bytes: { type: "integer", minimum: 1, maximum: limits.maxFileBytes },
  sha256: { type: "string", pattern: "^[0-9a-f]{64}$", description: "In hexadecimal" },
};
const together = (...required: string[]) => ({ required });

/** Fields of a job as it is submitted. The payload's own schema is its type's. */
const job = {
  required: ["type"],
  anyOf: [together("payload"), together("payloadRef")],
  not: { anyOf: [together("delaySeconds", "runAt"), together("payload", "payloadRef")] },
  properties: {
    type: { ...type, description: "Name of a job type" },
    payload: { description: "Any JSON value of at most 3,000,000 bytes and 64 levels" },
    payloadRef: {
      ...{ type: "object", required: ["bytes", "sha256"], properties: value, additionalProperties: false },
      description: "A payload that was uploaded for the job's type and id, in place of payload",
    },
    id: { ...id, description: "Random by default" },
    tenant: {
      ...{ type: "string", pattern: tenantPattern.source },
      description: "Customer that the job is for",
    },
    labels: {
      ...{ type: "object", maxProperties: 10, propertyNames: { pattern: "^[a-z][a-z0-9-]{0,39}$" } },
      additionalProperties: { type: "string", minLength: 1, maxLength: 100 },
      description: "Words of your own for the job, by name; values have visible characters alone",
    },
    delaySeconds: {
      ...{ type: "integer", minimum: 0, maximum: limits.maxDelaySeconds },
      description: "Seconds before which the job doesn't run",
    },
    runAt: {
      ...{ type: "string", format: "date-time" },
      description: "Earliest start with its offset from UTC, in place of delaySeconds",
    },
  } satisfies Record<keyof Submission, JsonSchema>,
} satisfies Body;

const delaySeconds = {
  ...{ type: "integer", minimum: 0, maximum: limits.maxQueueDelaySeconds, default: 0 },
  description: "Seconds before which the job doesn't run",
};

const time = { type: "string", format: "date-time" };

const day = { type: "string", format: "date" };

const ids = { type: "array", items: { type: "string" }, minItems: 1, maxItems: limits.maxBatchJobs };

const filtered = {
  tenant: { type: "string", pattern: tenantPattern.source },
  label: { type: "string", pattern: "^[a-z][a-z0-9-]{0,39}:.", description: "A label, as name:value" },
  from: { ...time, description: "Earliest submission; with the state failed or cancelled, earliest end" },
  to: { ...time, description: "Latest such time" },
};

const text = (maxLength: number) => ({ type: "string", minLength: 1, maxLength });

const action = {
  required: ["action"],
  properties: {
    action: { enum: actionVerbs },
    filter: {
      ...{ type: "object", required: ["type"], description: "The jobs, unless ids names them" },
      properties: {
        ...{ type, state: { enum: jobStates }, ...filtered, errorName: text(200) },
        errorKey: { ...text(200), description: "As GET /failures has it" },
      } satisfies Record<keyof JobFilter, JsonSchema>,
    },
    ids: { ...ids, items: id, maxItems: 1_000 },
    dryRun: { type: "boolean", default: false, description: "True to count the jobs alone" },
    ratePerSecond: { type: "number", minimum: 0.1, maximum: 1_000, description: "Jobs a second, at most" },
    reason: text(500),
  },
} satisfies Body;

/**
 * The routes of the API, by operation. The front end, API Gateway's routes, the scopes of callers and the OpenAPI
 * document follow from them.
 */
export const routes = {
  submitJob: {
    ...{ method: "POST", path: "/jobs", scope: "submit", summary: "Submits a job" },
    body: job,
    answers: { 202: "SubmittedJob" },
    problems: ["conflict", "unknown-type", "invalid-payload", "blob-missing", "blob-mismatch"],
  },
  submitBatch: {
    ...{ method: "POST", path: "/jobs/batch", scope: "submit", summary: "Submits up to 100 jobs" },
    body: {
      required: ["jobs"],
      properties: { jobs: { type: "array", minItems: 1, maxItems: limits.maxBatchJobs } },
    },
    answers: { 200: "Results" },
  },
  prepareUpload: {
    ...{ method: "POST", path: "/uploads", scope: "submit", by: "operator" },
    summary: "Signs a URL for the payload of a job to come",
    needsRecords: true,
    body: {
      required: ["type", "id", "bytes", "sha256"],
      not: job.not,
      properties: { type, id, ...value, delaySeconds: job.properties.delaySeconds, runAt: job.properties.runAt },
    },
    answers: { 200: "Upload" },
    problems: ["unknown-type", "payload-too-large"],
  },
  listJobs: {
    ...{ method: "GET", path: "/jobs", scope: "read", summary: "Lists jobs, newest first" },
    needsRecords: true,
    query: {
      type,
      state: { enum: jobStates },
      ...filtered,
      limit: { type: "integer", minimum: 1, maximum: 100, default: 20, description: "Jobs of a page, at most" },
      cursor: { type: "string", description: "The cursor of the page before" },
    },
    answers: { 200: "JobPage" },
  },
  getJob: {
    ...{ method: "GET", path: "/jobs/{id}", scope: "read", summary: "Shows a job" },
    needsRecords: true,
    query: {
      payload: {
        enum: ["true", "false"],
        default: "true",
        description: "`false` leaves it out, and spares reading it",
      },
    },
    answers: { 200: "Job" },
    problems: ["job-not-found"],
  },
  getLogs: {
    ...{ method: "GET", path: "/jobs/{id}/logs", scope: "read", by: "operator" },
    summary: "Reads what functions and workers logged about a job, oldest first",
    needsRecords: true,
    query: {
      after: { type: "string", description: "The cursor of the answer before" },
      limit: { type: "integer", minimum: 1, maximum: 1_000, default: 100, description: "Lines, at most" },
    },
    answers: { 200: "JobLogs" },
    problems: ["job-not-found", "too-many-requests"],
  },
  cancelJob: {
    ...{ method: "DELETE", path: "/jobs/{id}", scope: "operate", summary: "Cancels a job that waits or runs" },
    needsRecords: true,
    answers: { 202: "Job" },
    problems: ["job-not-found", "job-finished"],
  },
  retryJob: {
    ...{ method: "POST", path: "/jobs/{id}/retry", scope: "operate", by: "operator" },
    summary: "Runs a failed or cancelled job again",
    needsRecords: true,
    body: { properties: { delaySeconds } },
    answers: { 202: "Job" },
    problems: ["job-not-found", "job-not-ended", "job-succeeded", "payload-not-kept", "blob-missing", "unknown-type"],
  },
  replayJob: {
    ...{ method: "POST", path: "/jobs/{id}/replay", scope: "operate", summary: "Submits a job like this one" },
    needsRecords: true,
    body: { properties: { payload: job.properties.payload, type: job.properties.type, id: job.properties.id } },
    answers: { 202: "SubmittedJob" },
    problems: ["job-not-found", "payload-not-kept", "blob-missing", "conflict", "unknown-type", "invalid-payload"],
  },
  removeData: {
    ...{ method: "DELETE", path: "/jobs/{id}/data", scope: "operate", by: "operator" },
    summary: "Removes an ended job's payload, result and checkpoint",
    needsRecords: true,
    answers: { 200: "Job" },
    problems: ["job-not-found", "job-not-ended"],
  },
  retryJobs: {
    ...{ method: "POST", path: "/jobs/retry", scope: "operate", by: "operator" },
    summary: "Sends dead letters of failed jobs back",
    needsRecords: true,
    body: { required: ["ids"], properties: { ids, delaySeconds } },
    answers: { 200: "Results" },
  },
  listFailures: {
    ...{ method: "GET", path: "/failures", scope: "read", by: "operator" },
    summary: "Groups the newest 1,000 failed jobs by their errors",
    needsRecords: true,
    query: { type },
    answers: { 200: "Failures" },
  },
  startAction: {
    ...{ method: "POST", path: "/actions", scope: "operate", by: "operator" },
    summary: "Retries, replays or cancels many jobs",
    needsRecords: true,
    body: action,
    answers: { 202: "Action" },
    problems: ["unknown-type", "conflict"],
  },
  listActions: {
    ...{ method: "GET", path: "/actions", scope: "read", by: "operator", summary: "Lists actions, newest first" },
    needsRecords: true,
    answers: { 200: "Actions" },
  },
  getAction: {
    ...{ method: "GET", path: "/actions/{id}", scope: "read", by: "operator", summary: "Shows an action" },
    needsRecords: true,
    answers: { 200: "Action" },
    problems: ["action-not-found"],
  },
  stopAction: {
    ...{ method: "DELETE", path: "/actions/{id}", scope: "operate", by: "operator", summary: "Stops an action" },
    needsRecords: true,
    answers: { 202: "Action" },
    problems: ["action-not-found"],
  },
  listTypes: {
    ...{ method: "GET", path: "/types", scope: "read", by: "operator", summary: "Lists the job types" },
    answers: { 200: "Types" },
  },
  getType: {
    ...{ method: "GET", path: "/types/{type}", scope: "read", by: "operator", summary: "Shows a job type" },
    answers: { 200: "JobType" },
    problems: ["type-not-found"],
  },
  getHistory: {
    ...{ method: "GET", path: "/types/{type}/history", scope: "read", by: "operator" },
    summary: "Shows a type's jobs and instances over time",
    query: {
      minutes: { type: "integer", minimum: 1, maximum: historyMinutes, default: 60, description: "Time until now" },
    },
    answers: { 200: "TypeHistory" },
    problems: ["type-not-found"],
  },
  listSchedules: {
    ...{ method: "GET", path: "/schedules", scope: "read", by: "operator" },
    summary: "Lists the recurring schedules that submit jobs",
    answers: { 200: "Schedules" },
  },
  retryLaunches: {
    ...{ method: "POST", path: "/types/{type}/retry-launches", scope: "operate", by: "operator" },
    summary: "Launches instances of a type now",
    answers: { 202: "LaunchRetry" },
    problems: ["type-not-found"],
  },
  getUsage: {
    ...{ method: "GET", path: "/usage", scope: "operate", by: "operator" },
    summary: "Adds up the instance time that jobs have used, and its price",
    query: {
      by: { enum: usageKinds, default: "type" },
      label: { type: "string", pattern: "^[a-z][a-z0-9-]{0,39}$", description: "Name of the label, with `by=label`" },
      type,
      from: { ...day, description: "First day, in UTC; by default the first of the last day's month" },
      to: { ...day, description: "Last day; today by default" },
      per: { enum: ["day"], description: "`day` gives a row for each day" },
      cursor: { type: "string", description: "The cursor of the answer before" },
    },
    answers: { 200: "UsageReport" },
    problems: ["unknown-type"],
  },
  getOpenApi: {
    ...{ method: "GET", path: "/openapi.json", scope: "read", summary: "Describes the API, with the types' payloads" },
    answers: { 200: "OpenApi" },
  },
  getHealth: {
    ...{ method: "GET", path: "/health", scope: "read", by: "operator", summary: "Says that the API answers" },
    query: { deep: { enum: ["1"], description: "`1` reads the types, a record and the last counts" } },
    answers: { 200: "Health", 503: "Health" },
  },
} satisfies Record<string, Route>;

export type RouteName = keyof typeof routes;

/** The routes that the function `operator` answers. */
export type OperatorRoute = {
  [Name in RouteName]: (typeof routes)[Name] extends { by: "operator" } ? Name : never;
}[RouteName];
