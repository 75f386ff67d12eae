import type { ProblemCode } from "../contract/http/problem";

/** Codes of answers from in front of the API's function: from API Gateway, a proxy, or another server. */
export const gatewayCodes = {
  /** 401 and 403: the signature or token is missing, wrong, or not allowed to do this. */
  unauthorized: "unauthorized",
  /** 429: more requests than the API takes. */
  throttled: "throttled",
  /** 5xx without a problem document. */
  unavailable: "unavailable",
  /** Anything else: perhaps the URL is not that of a batch job API. */
  unexpected: "unexpected-answer",
} as const;

export type JobProblemCode = ProblemCode | (typeof gatewayCodes)[keyof typeof gatewayCodes];
