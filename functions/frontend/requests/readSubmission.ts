import { type Checked, describe, isObject } from "../../../contract/check";
import { type ProblemDocument, problemOf } from "../../../contract/http/problem";
import { routes } from "../../../contract/http/routes";
import { limits } from "../../../contract/limits";
import { checkSubmission } from "../../../contract/messages/envelope";
import type { IdentifiedSubmission } from "../submitJobs";
import { callerOf, principalOf } from "./callerOf";
import { idFromKey, sha256, unscopedIdFromKey } from "./digest";
import { type HttpEvent, type JsonBody, readHeader, readJsonBody } from "./http";
import { findUnknownFields, wrongShape } from "./readFields";
import { tenantProblem } from "./rights";

/** A request body that submits jobs. */
export interface SubmissionRequest extends JsonBody {
  /** Returns the id of a job without one. */
  idOf: (type: string, index?: number) => Pick<IdentifiedSubmission, "id" | "unscopedId">;
  /** Facts of the request that each of its jobs keeps. */
  origin: Pick<IdentifiedSubmission, "submitter" | "submittedBy" | "traceparent">;
  /** The only tenant whose jobs the caller may submit, if it is bound to one. */
  tenant: string | undefined;
  /** Bytes of a payload, at most. */
  maxBytes: number;
}

const jobFields = Object.keys(routes.submitJob.body.properties);

/** The submitted job with its id, or its problem. `index` is its place in a batch. */
export function identify(
  { losses, idOf, origin, tenant: bound, maxBytes }: SubmissionRequest,
  value: unknown,
  index?: number,
): IdentifiedSubmission | { problem: ProblemDocument } {
  const path = index === undefined ? "" : `/jobs/${index}`;
  const checked = checkSubmission(value, maxBytes);
  const problems = [
    ...(checked.ok ? [] : checked.problems.map((problem) => ({ ...problem, path: path + problem.path }))),
    ...findUnknownFields(value, jobFields, path),
    ...losses.filter((loss) => loss.path === path || loss.path.startsWith(`${path}/`)),
  ];
  if (!checked.ok || problems.length > 0) return { problem: wrongShape(problems) };
  const { id, type, tenant = bound } = checked.value;
  const problem = tenantProblem(bound, tenant, `${path}/tenant`);
  if (problem) return { problem };
  return {
    ...checked.value,
    ...(tenant !== undefined && { tenant }),
    ...origin,
    ...(id === undefined ? idOf(type, index) : { id }),
  };
}

/** The problem of a job in a batch, with that job's path. */
export function placedAt(path: string, outcome: { id?: string; problem: ProblemDocument }) {
  const { errors, ...problem } = outcome.problem;
  const placed = errors?.map((error) => ({ ...error, path: path + error.path }));
  return { ...outcome, problem: { ...problem, ...(placed && { errors: placed }) } };
}

/**
 * Reads the body of a submission, and the ids of jobs without one: from the `Idempotency-Key` if there is one. Without
 * records no payload is kept in S3.
 */
export function readSubmission(
  { event, tenant }: { event: HttpEvent; tenant?: string },
  { newId, records }: { newId: () => string; records: object | undefined },
): SubmissionRequest | { problem: ProblemDocument } {
  const body = readJsonBody(event);
  if ("problem" in body) return body;
  const caller = callerOf(event);
  const origin = {
    submitter: sha256(JSON.stringify(caller)),
    submittedBy: principalOf(event),
    // Of the right length and characters, which "undefined" is not: the worker checks the rest.
    traceparent: /^[\da-f-]{55}$/.exec(readHeader(event, "traceparent")!)?.[0],
  };
  const read = readKey(event);
  if ("problem" in read) return read;
  const { key } = read;
  const idOf: SubmissionRequest["idOf"] = (type, index) =>
    key === undefined
      ? { id: newId() }
      : { id: idFromKey(key, type, caller, index), unscopedId: unscopedIdFromKey(key, index) };
  const maxBytes = records ? limits.maxSentPayloadBytes : limits.maxPayloadBytes;
  return { ...body, origin, tenant, idOf, maxBytes };
}

/** Reads the `Idempotency-Key`; undefined without one. */
function readKey(event: HttpEvent): { key: string | undefined } | { problem: ProblemDocument } {
  const key = readHeader(event, "idempotency-key");
  const lookalike = Object.keys(event.headers ?? {}).find((name) => /idempoten(cy|t)/i.test(name));
  if (key === undefined && lookalike !== undefined) {
    const detail = `Expected a key in the header Idempotency-Key, got it in ${describe(lookalike)}`;
    return { problem: problemOf("invalid-request", detail) };
  }
  if (key !== undefined && (key.length < 1 || key.length > 255)) {
    const detail = `Expected an Idempotency-Key of 1–255 characters, got ${key.length}`;
    return { problem: problemOf("invalid-request", detail) };
  }
  return { key };
}

/** The caller of an act on a job, and the digest of the caller's key for it. */
export function readActor(event: HttpEvent): { by?: string; key?: string } | { problem: ProblemDocument } {
  const read = readKey(event);
  if ("problem" in read) return read;
  const by = principalOf(event);
  const key = read.key === undefined ? undefined : sha256(JSON.stringify([...callerOf(event), read.key]));
  return { ...(by !== undefined && { by }), ...(key !== undefined && { key }) };
}

/** Checks the frame of a batch, `{jobs: […]}`; each job is checked separately. */
export function checkBatch(value: unknown): Checked<unknown[]> {
  const jobs = isObject(value) ? value.jobs : undefined;
  if (Array.isArray(jobs) && jobs.length >= 1 && jobs.length <= limits.maxBatchJobs) return { ok: true, value: jobs };
  const message = `Expected an array of 1–${limits.maxBatchJobs} jobs, got ${describe(jobs)}`;
  return { ok: false, problems: [{ path: "/jobs", message }] };
}
