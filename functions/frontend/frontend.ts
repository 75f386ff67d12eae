import { describe } from "../../contract/check";
import { type ProblemDocument, problemOf } from "../../contract/http/problem";
import { idPattern, typePattern } from "../../contract/limits";
import { errorFields, type EventName } from "../../contract/log";
import type { JobRecord } from "../../contract/records/record";
import { recordAsRead } from "../../contract/records/recordAsRead";
import type { Announce } from "../shared/announceTo";
import type { JobTypes } from "../shared/jobTypes";
import { cancelJob } from "./cancelJob";
import { type RedriveLetters } from "./effects";
import { jobView } from "./jobView";
import { type JobIndex, listJobs } from "./listJobs";
import { answer, type HttpAnswer, type HttpEvent, refuse, retryAfterSeconds } from "./requests/http";
import { batchFields, jobFields, listParameters, retriesFields, retryFields } from "./requests/knownNames";
import { checkListQuery } from "./requests/listQuery";
import { pathWithin } from "./requests/pathWithin";
import {
  checkBatch,
  findSurplus,
  findUnknownFields,
  identify,
  placedAt,
  readRetry,
  readSubmission,
  wrongShape,
} from "./requests/readBody";
import { retryJobs } from "./retryJobs";
import type { FleetLook, ReadFleets } from "./services/fleets";
import type { RetryLaunches } from "./services/invokeFunctions";
import {
  createSubmitJobs,
  type IdentifiedSubmission,
  isTooFarForQueues,
  type SubmitJobsEffects,
  type SubmitOutcome,
} from "./submitJobs";
import { waitingOf } from "./waiting";

export interface FrontendEffects extends SubmitJobsEffects {
  jobTypes: JobTypes;
  /** Undefined without `tracking`. */
  index?: JobIndex | undefined;
  readFleets: ReadFleets;
  retryLaunches: RetryLaunches;
  /** Undefined if jobs are not tracked. */
  redrive?: RedriveLetters;
  /** True if `GET /types` leaves out the queues, whose URLs contain the account's id. */
  hidesQueues?: boolean;
  /** Publishes a final state; undefined when `events` is off. */
  announce?: Announce | undefined;
  /** Returns a new job id. */
  newId: () => string;
}

const paths = "/jobs, /jobs/batch, /jobs/{id}, /jobs/{id}/retry, /types, /types/{type}/retry-launches or /health";

/** Listed together, each being several queries. */
const maxListedTypes = 20;

type Answerer = (event: HttpEvent, id: string) => Promise<HttpAnswer>;

interface Route {
  method: "GET" | "POST" | "DELETE";
  path: RegExp;
  /** Query parameters of the route; others are refused. */
  query: readonly string[];
  /** Fields that its body may have; others are refused. Empty: the request needs no body. */
  body: readonly string[];
  answer: Answerer;
}

/**
 * The controller behind the API's `$default` route: accepts jobs and shows their states.
 *
 * An id makes a submission idempotent: the same job under the same id is accepted once, and another job under it is a
 * conflict. Without an `id` in the body, an `Idempotency-Key` header determines one (see {@link idFromKey}).
 */
export function createFrontend(effects: FrontendEffects): (event: HttpEvent) => Promise<HttpAnswer> {
  const {
    records,
    index,
    announce,
    later,
    jobTypes,
    readFleets,
    redrive,
    retryLaunches,
    hidesQueues,
    newId,
    now,
    log,
  } = effects;
  const submitJobs = createSubmitJobs(effects);

  const submitOne: Answerer = async (event) => {
    const request = readSubmission(event, newId);
    if ("problem" in request) return refuse(request.problem);
    const job = identify(request, request.value);
    if ("problem" in job) return refuse(job.problem);
    const [outcome] = await submitJobs([job]);
    if ("problem" in outcome!) return refuse(outcome.problem);
    if (!records) return answer(202, outcome);
    const self = `/jobs/${outcome!.id}`;
    return answer(202, { ...outcome, links: { self } }, { location: self });
  };

  const submitBatch: Answerer = async (event) => {
    const request = readSubmission(event, newId);
    if ("problem" in request) return refuse(request.problem);
    const batch = checkBatch(request.value);
    const ofNoJob = request.losses.filter(({ path }) => !/^\/jobs\/\d/.test(path));
    const problems = [
      ...(batch.ok ? [] : batch.problems),
      ...findUnknownFields(request.value, batchFields),
      ...ofNoJob,
    ];
    if (!batch.ok || problems.length > 0) return refuse(wrongShape(problems));
    const jobs = batch.value.map((value, index) => identify(request, value, index));
    const submitted = await submitJobs(jobs.filter((job): job is IdentifiedSubmission => !("problem" in job)));
    const outcomes = jobs.map((job, index): SubmitOutcome => {
      const outcome = "problem" in job ? job : submitted.shift()!;
      return "problem" in job || !("problem" in outcome) ? outcome : placedAt(`/jobs/${index}`, outcome);
    });
    const results = outcomes.map((outcome) =>
      "problem" in outcome
        ? { status: outcome.problem.status, id: outcome.id, problem: outcome.problem }
        : { status: 202, id: outcome.id },
    );
    const isRetryDue = results.some(({ status }) => status === 503);
    return answer(200, { results }, isRetryDue ? { "retry-after": retryAfterSeconds } : {});
  };

  const showJob: Answerer = async (_event, id) => {
    if (!records) return refuse(trackingOff());
    const record = idPattern.test(id) ? await records.read(id) : undefined;
    if (!record)
      return refuse(problemOf("job-not-found", `Expected the id of a job whose record is there, got ${describe(id)}`));
    const [view] = await viewsOf([recordAsRead(record, now())]);
    return answer(200, view);
  };

  /** The views of jobs, with the reasons why queued ones wait: one more read for all of them. */
  async function viewsOf(found: JobRecord[]): Promise<ReturnType<typeof jobView>[]> {
    const waiting = found.filter(({ state }) => state === "queued").map(({ type }) => type);
    const fleets = waiting.length > 0 ? await findFleets([...new Set(waiting)]) : {};
    return found.map((record) => jobView(record, waitingOf(record, fleets[record.type], now())));
  }

  const retryOne: Answerer = async (event, id) => {
    if (!records || !redrive) return refuse(trackingOff());
    const wanted = readRetry(event, retryFields);
    if ("problem" in wanted) return refuse(wanted.problem);
    const [outcome] = await retryJobs({ records, redrive, now, log }, [id], wanted.delaySeconds);
    if ("problem" in outcome!) return refuse(outcome.problem);
    const [view] = await viewsOf([outcome!.record]);
    return answer(202, view);
  };

  const retryMany: Answerer = async (event) => {
    if (!records || !redrive) return refuse(trackingOff());
    const wanted = readRetry(event, retriesFields);
    if ("problem" in wanted) return refuse(wanted.problem);
    const outcomes = await retryJobs({ records, redrive, now, log }, wanted.ids, wanted.delaySeconds);
    const results = outcomes.map((outcome) =>
      "problem" in outcome ? { status: outcome.problem.status, ...outcome } : { status: 202, id: outcome.id },
    );
    const isRetryDue = results.some(({ status }) => status === 503);
    return answer(200, { results }, isRetryDue ? { "retry-after": retryAfterSeconds } : {});
  };

  const retryTypesLaunches: Answerer = async (_event, type) => {
    if (!typePattern.test(type) || !(await jobTypes.find(type))) {
      return refuse(problemOf("type-not-found", `Expected a job type that GET /types lists, got ${describe(type)}`));
    }
    const { launchProblem } = (await findFleets([type]))[type] ?? {};
    await retryLaunches(type);
    return answer(202, { type, launchProblem });
  };

  const cancel: Answerer = async (_event, id) => {
    if (!records) return refuse(trackingOff());
    const outcome = await cancelJob({ records, now }, id);
    if ("problem" in outcome) return refuse(outcome.problem);
    if (outcome.record.state === "cancelled") await tellEnd(outcome.record);
    return answer(202, jobView(outcome.record));
  };

  /** Publishes the final state; the message of a job far ahead then has no further use. */
  async function tellEnd(record: JobRecord): Promise<void> {
    const { id, type, submittedAt, notBefore } = record;
    let failed: EventName = "completion-event-not-published";
    try {
      await announce?.(record);
      failed = "schedule-not-removed";
      if (isTooFarForQueues(notBefore, Date.parse(submittedAt))) await later.unschedule(id);
    } catch (error) {
      // The job's message comes at its time, and the worker that drops it publishes the event again.
      log("warn", failed, { jobId: id, jobType: type, ...errorFields(error) });
    }
  }

  const list: Answerer = async (event) => {
    if (!index) return refuse(trackingOff());
    const query = checkListQuery(event.queryStringParameters ?? {});
    if (!query.ok) return refuse(wrongShape(query.problems));
    const types = query.value.type === undefined ? (await jobTypes.list()).map(({ type }) => type) : [query.value.type];
    if (types.length > maxListedTypes) {
      const message = `Expected a type, since there are more than ${maxListedTypes}, got nothing`;
      return refuse(wrongShape([{ path: "type", message }]));
    }
    const { records: found, cursor } = await listJobs({ index, now }, types, query.value);
    return answer(200, { jobs: await viewsOf(found), cursor });
  };

  const showTypes: Answerer = async () => {
    const known = await jobTypes.list();
    const fleets = await findFleets(known.map(({ type }) => type));
    const types = known.map((jobType) => {
      const { type, description, timeoutSeconds, maxAttempts, payloadSchema } = jobType;
      const { queueUrl, deadLetterQueueUrl, machineImage } = jobType;
      const queues = hidesQueues ? {} : { queueUrl, deadLetterQueueUrl, machineImage };
      const settings = { timeoutSeconds, maxAttempts, payloadSchema, ...queues };
      return { type, description, ...settings, launchProblem: fleets[type]?.launchProblem };
    });
    return answer(200, { types });
  };

  const sayHealthy: Answerer = () => Promise.resolve(answer(200, { status: "ok" }));

  async function findFleets(types: string[]): Promise<Record<string, FleetLook>> {
    try {
      return await readFleets(types);
    } catch (error) {
      // The types or jobs are the answer all the same.
      log("warn", "launch-problems-not-read", { ...errorFields(error) });
      return {};
    }
  }

  const routes: Route[] = [
    { method: "POST", path: /^\/jobs$/, query: [], body: jobFields, answer: submitOne },
    { method: "GET", path: /^\/jobs$/, query: listParameters, body: [], answer: list },
    { method: "POST", path: /^\/jobs\/batch$/, query: [], body: batchFields, answer: submitBatch },
    { method: "POST", path: /^\/jobs\/retry$/, query: [], body: retriesFields, answer: retryMany },
    { method: "POST", path: /^\/jobs\/([^/]+)\/retry$/, query: [], body: retryFields, answer: retryOne },
    { method: "GET", path: /^\/jobs\/([^/]+)$/, query: [], body: [], answer: showJob },
    { method: "DELETE", path: /^\/jobs\/([^/]+)$/, query: [], body: [], answer: cancel },
    { method: "GET", path: /^\/types$/, query: [], body: [], answer: showTypes },
    { method: "POST", path: /^\/types\/([^/]+)\/retry-launches$/, query: [], body: [], answer: retryTypesLaunches },
    { method: "GET", path: /^\/health$/, query: [], body: [], answer: sayHealthy },
  ];

  async function route(event: HttpEvent, method: string): Promise<HttpAnswer> {
    const path = pathWithin(event, (candidate) => routes.some((each) => each.path.test(candidate)));
    const here = routes.filter((each) => each.path.test(path));
    if (here.length === 0) {
      const detail = `Expected ${paths}, got ${describe(event.rawPath)}`;
      return refuse(problemOf("unknown-path", detail));
    }
    const chosen = here.find((each) => each.method === method);
    if (!chosen) return refuseMethod(method, here);
    const problem = findSurplus(event, chosen);
    return problem ? refuse(problem) : chosen.answer(event, chosen.path.exec(path)?.[1] ?? "");
  }

  return async function frontend(event) {
    const { method } = event.requestContext.http;
    const answered = await route(event, method === "HEAD" ? "GET" : method).catch((error: unknown) => {
      log("error", "request-failed", { method, path: describe(event.rawPath), ...errorFields(error) });
      return refuse(problemOf("unavailable", "The request could not be answered; try again"));
    });
    return method === "HEAD" ? { ...answered, body: "" } : answered;
  };
}

function trackingOff(): ProblemDocument {
  return problemOf("tracking-off", "This processor keeps no records of its jobs");
}

function refuseMethod(method: string, routes: Route[]): HttpAnswer {
  const allow = routes.flatMap((route) => (route.method === "GET" ? ["GET", "HEAD"] : [route.method])).join(", ");
  return refuse(problemOf("method-not-allowed", `Expected ${allow}, got ${describe(method)}`), { allow });
}
