import { bytesOf, isObject, jsonOf } from "../../contract/check";
import { JobProblemError } from "../errors";
import { gatewayCodes, type JobProblemCode } from "../problemCode";
import { clockNote, clockSkewOf } from "./skew";

/** An answer of the API, or of something in front of it. */
export interface Answer {
  /** URL of the request. */
  url: URL;
  response: Response;
  text: string;
  /** Removes the request's authorisation from a text. */
  hide: (said: string) => string;
}

/** Statuses after which a later try may succeed. */
const passingStatuses = [429, 500, 502, 503, 504];

/** Longest `Retry-After` that the client honours, in seconds. */
const longestRetryAfterSeconds = 60;

/** A problem that a later try may not meet. */
export class PassingProblem extends JobProblemError {
  constructor(
    problem: ConstructorParameters<typeof JobProblemError>[0],
    readonly retryAfterSeconds: number,
  ) {
    super(problem);
  }
}

/**
 * Reads the JSON value of an answer from that address.
 *
 * @throws JobProblemError if it isn't of this kind.
 */
export type Read<T> = (value: unknown, from: string) => T;

/**
 * Reads the answer's JSON value.
 *
 * @throws JobProblemError if the answer is a refusal, or not that of a batch job API.
 */
export function readAnswer<T>(answer: Answer, read: Read<T>): T {
  const { url, response, text } = answer;
  const value = jsonOf(text);
  if (response.ok && value !== undefined) return read(value, placeOf(url));
  const problem = readProblem(answer, value);
  if (!passingStatuses.includes(response.status)) throw new JobProblemError(problem);
  throw new PassingProblem(problem, retryAfterSecondsOf(response));
}

function readProblem(
  { url, response, text, hide }: Answer,
  value: unknown,
): ConstructorParameters<typeof JobProblemError>[0] {
  const { status, headers } = response;
  const document = isObject(value) ? value : {};
  if (typeof document.code === "string" && typeof document.detail === "string") {
    const { code, detail, errors } = document;
    const fields = Array.isArray(errors) ? (errors as JobProblemError["errors"]) : undefined;
    // A later API's code passes as it is.
    return { code: code as JobProblemCode, status, detail: hide(detail), errors: fields };
  }
  const said = typeof document.message === "string" ? hide(document.message) : contentOf(response, text, value);
  const place = placeOf(url);
  if (status === 401 || status === 403) {
    const clock = clockNote(clockSkewOf(response));
    const detail = `The API refused the request's authorization (${status}: ${said}) at ${place}${clock}`;
    return { code: gatewayCodes.unauthorized, status, detail };
  }
  if (status === 429)
    return { code: gatewayCodes.throttled, status, detail: `The API is throttled (${said}) at ${place}` };
  if (status >= 500)
    return { code: gatewayCodes.unavailable, status, detail: `The API failed (${status}: ${said}) at ${place}` };
  const got =
    status >= 300 && status < 400
      ? `a redirect to ${targetOf(headers.get("location"), url)}, which is not followed: give the URL of the API itself`
      : `status ${status} (${said})`;
  const detail = `Expected the answer of a batch job API at ${place}, got ${got}`;
  return { code: gatewayCodes.unexpected, status, detail };
}

/** Content of an answer that is not an API's, in words. */
function contentOf({ headers }: Response, text: string, value: unknown): string {
  if (value !== undefined) return "no problem document";
  const [type = "content of no type"] = /^[\w.+-]+\/[\w.+-]+/.exec(headers.get("content-type") ?? "") ?? [];
  return text === "" ? "no content" : `${type} of ${bytesOf(text)} bytes, which is no JSON`;
}

/** A URL without the parts that may be secret. */
function placeOf({ origin, pathname }: URL): string {
  return `${origin}${pathname}`;
}

/** Target of a redirect. */
function targetOf(location: string | null, base: URL): string {
  return location && URL.canParse(location, base.href) ? placeOf(new URL(location, base)) : "nowhere";
}

/** `Retry-After` in seconds; its other form, a date, would depend on two clocks that may differ. */
function retryAfterSecondsOf({ headers }: Response): number {
  const seconds = Number(headers.get("retry-after") ?? 0);
  return seconds > 0 ? Math.min(seconds, longestRetryAfterSeconds) : 0;
}
