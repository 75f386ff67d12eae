import { describe, type FieldProblem } from "../../contract/check";
import { definedFields } from "../../contract/definedFields";
import { nearestName } from "../../contract/http/nearestName";
import { problems } from "../../contract/http/problem";
import type { LargeValue } from "../../contract/records/largeValues";
import { JobProblemError } from "../errors";
import type { Refusal, SubmitOptions } from "../job";
import { payloadProblems } from "./payloadProblems";

/** A job as `POST /jobs` takes it. */
export interface SubmissionBody {
  type: string;
  payload?: unknown;
  /** The payload that was uploaded before. */
  payloadRef?: LargeValue;
  id?: string;
  delaySeconds?: number;
  runAt?: string;
  tenant?: string;
  labels?: Record<string, string>;
}

/** Options of a job; `submit` alone also takes those of a call. */
const jobOptions = ["id", "delaySeconds", "runAt", "tenant", "labels"];
const callOptions = ["idempotencyKey", "signal"];

/**
 * Body of a submission, or the problems that keep it from being sent: parts that would be dropped or changed on the
 * way.
 */
export function submissionBody(
  type: string,
  payload: unknown,
  options: SubmitOptions,
  further: readonly string[] = [],
): { body: SubmissionBody } | { refusal: Refusal } {
  const { id, delaySeconds, runAt, tenant, labels } = options;
  const errors = [...payloadProblems(payload), ...unknownOptions(options, [...jobOptions, ...further])];
  if (runAt instanceof Date && Number.isNaN(runAt.getTime())) {
    errors.push({ path: "/runAt", message: "Expected a time, got an invalid Date" });
  }
  if (errors.length > 0) return { refusal: refusalOf(errors) };
  const time = runAt instanceof Date ? runAt.toISOString() : runAt;
  return { body: definedFields({ type, payload, id, delaySeconds, runAt: time, tenant, labels }) };
}

/** As {@link submissionBody}, for one job. */
export function bodyToSubmit(type: string, payload: unknown, options: SubmitOptions): SubmissionBody {
  const outcome = submissionBody(type, payload, options, callOptions);
  if ("refusal" in outcome) throw new JobProblemError(outcome.refusal);
  return outcome.body;
}

/** Throws if a part of the payload would be dropped or changed on the way. */
export function checkPayload(body: { payload?: unknown }): void {
  const errors = "payload" in body ? payloadProblems(body.payload) : [];
  if (errors.length > 0) throw new JobProblemError(refusalOf(errors));
}

function refusalOf(errors: FieldProblem[]): Refusal {
  const detail = errors.map(({ path, message }) => `${path}: ${message}`).join("; ");
  return { code: "invalid-request", status: problems["invalid-request"].status, detail, errors };
}

function unknownOptions(options: object, known: string[]): FieldProblem[] {
  return Object.keys(options)
    .filter((name) => !known.includes(name))
    .map((name) => {
      const nearest = nearestName(name, known);
      const hint = nearest === undefined ? "" : `; did you mean ${nearest}?`;
      return {
        path: `/${name}`,
        message: `Expected the options ${known.join(", ")} alone, got ${describe(name)}${hint}`,
      };
    });
}
