import type { Result } from "../../contract/http/answers";
import { type ProblemDocument } from "../../contract/http/problem";

/** An answer in the form that API Gateway takes. */
export interface HttpAnswer {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
}

/** Answers with a JSON body. */
export function answer(statusCode: number, body: unknown, headers: Record<string, string> = {}): HttpAnswer {
  return {
    statusCode,
    headers: { "content-type": "application/json", "cache-control": "no-store", ...headers },
    body: JSON.stringify(body),
  };
}

/** Answers with a problem document; for a temporary problem it says when to try again. */
export function refuse(problem: ProblemDocument, headers: Record<string, string> = {}): HttpAnswer {
  return answer(problem.status, problem, {
    "content-type": "application/problem+json",
    ...(problem.status === 503 && { "retry-after": retryAfterSeconds }),
    // RFC 7694: tells a client that compresses bodies not to.
    ...(problem.status === 415 && { "accept-encoding": "identity" }),
    ...headers,
  });
}

/** Answers for each of several jobs: 202, or the status of its problem. */
export function answerEach(outcomes: ({ id: string } | { id?: string; problem: ProblemDocument })[]): HttpAnswer {
  const results = outcomes.map((outcome): Result => {
    const problem = "problem" in outcome ? outcome.problem : undefined;
    return { status: problem?.status ?? 202, id: outcome.id, problem };
  });
  const isRetryDue = results.some(({ status }) => status === 503);
  return answer(200, { results }, isRetryDue ? { "retry-after": retryAfterSeconds } : {});
}

/** Seconds that a client is asked to wait after AWS refused a call. */
const retryAfterSeconds = "2";
