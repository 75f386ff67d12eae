import { type FieldProblem } from "../check";

/** All problems of the API: the stable code, its HTTP status and its title. */
export const problems = {
  "malformed-json": { status: 400, title: "The body is not JSON" },
  "invalid-request": { status: 400, title: "The request has the wrong shape" },
  forbidden: { status: 403, title: "The token does not allow this" },
  "unknown-path": { status: 404, title: "There is nothing at this path" },
  "job-not-found": { status: 404, title: "There is no such job" },
  "tracking-off": { status: 404, title: "Jobs are not tracked here" },
  "method-not-allowed": { status: 405, title: "This path does not take this method" },
  "action-not-found": { status: 404, title: "There is no such action" },
  "type-not-found": { status: 404, title: "There is no such job type" },
  "job-not-ended": { status: 409, title: "The job has not ended" },
  "job-succeeded": { status: 409, title: "The job has succeeded" },
  "payload-not-kept": { status: 409, title: "The job's payload is not kept" },
  "job-finished": { status: 409, title: "The job has ended" },
  conflict: { status: 409, title: "This id was used for another job" },
  "payload-too-large": { status: 413, title: "The body or payload is too large" },
  "unsupported-media-type": { status: 415, title: "The body must be application/json in UTF-8" },
  "too-many-requests": { status: 429, title: "Others have asked just before" },
  "unknown-type": { status: 422, title: "No processor takes this job type" },
  "blob-missing": { status: 422, title: "The payload was not uploaded" },
  "blob-mismatch": { status: 422, title: "The payload is not the one that was uploaded" },
  "invalid-payload": { status: 422, title: "The payload is not what the job type takes" },
  unavailable: { status: 503, title: "The request could not be answered now" },
} as const;

export type ProblemCode = keyof typeof problems;

/** An error of the API, as `application/problem+json` (RFC 9457). */
export interface ProblemDocument {
  type: "about:blank";
  title: string;
  status: number;
  code: ProblemCode;
  detail: string;
  /** The fields at fault, if any. */
  errors?: FieldProblem[];
}

/** The problem document of a code. */
export function problemOf(code: ProblemCode, detail: string, errors?: FieldProblem[]): ProblemDocument {
  const { status, title } = problems[code];
  return { type: "about:blank", title, status, code, detail, ...(errors && { errors }) };
}
