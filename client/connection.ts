import pRetry from "p-retry";
import { setTimeout as sleep } from "node:timers/promises";
import { isObject } from "../contract/check";
import type { Authorize } from "./authorization";
import { ConnectionError, gatewayCodes, JobProblemCode, JobProblemError } from "./errors";

export interface ConnectionOptions {
  /** How often a request is tried before it fails. @default 8 */
  maxAttempts?: number;
  /** How long one try may take: API Gateway gives up after 30 s. @default 35 */
  requestTimeoutSeconds?: number;
  /** @default - that of Node */
  fetch?: typeof fetch;
}

export interface ApiRequest {
  method: "GET" | "POST" | "DELETE";
  /** Below the API's URL, without a slash in front. */
  path: string;
  query?: Record<string, string | number | undefined>;
  headers?: Record<string, string>;
  /** Sent as JSON. */
  body?: unknown;
  signal?: AbortSignal;
}

/** Between two tries: doubled with each, and up to twice as long by chance; or what the API asks for, if longer. */
const backoffMilliseconds = { first: 100, longest: 5_000 };

/** So long a wait is as good as a refusal. */
const longestRetryAfterSeconds = 60;

/** Answers that a later try may better. */
const passingStatuses = [429, 500, 502, 503, 504];

/**
 * Requests to one API. What fails on the way, is throttled, or is answered with 5xx is tried again, always with the same
 * body and headers: whoever sends makes sure that the API may take it twice.
 */
export class Connection {
  private readonly base: URL;

  constructor(
    url: URL,
    private readonly authorize: Authorize,
    private readonly options: ConnectionOptions,
  ) {
    this.base = new URL(url);
    this.base.pathname = url.pathname.replace(/\/*$/, "/");
  }

  /**
   * The answer's JSON value.
   *
   * @throws JobProblemError where the API refuses, ConnectionError where no answer comes, the signal's reason.
   */
  async request(request: ApiRequest): Promise<unknown> {
    const { signal } = request;
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    return pRetry(() => this.attempt(request, body), {
      retries: (this.options.maxAttempts ?? 8) - 1,
      minTimeout: backoffMilliseconds.first,
      maxTimeout: backoffMilliseconds.longest,
      randomize: true,
      signal,
      shouldRetry: ({ error }) => isPassing(error),
      onFailedAttempt: async ({ error, retriesLeft }) => {
        const seconds = retriesLeft > 0 && error instanceof PassingProblem ? error.retryAfterSeconds : 0;
        if (seconds > 0) await sleep(seconds * 1_000, undefined, { signal });
      },
    });
  }

  private async attempt({ method, path, query = {}, headers = {}, signal }: ApiRequest, body?: string) {
    const url = new URL(path, this.base);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const sent = { accept: "application/json", ...(body && { "content-type": "application/json" }), ...headers };
    const authorized = { ...sent, ...(await this.authorize({ method, url, headers: sent, body })) };
    const timeoutSeconds = this.options.requestTimeoutSeconds ?? 35;
    const timeout = AbortSignal.timeout(timeoutSeconds * 1_000);
    try {
      const response = await (this.options.fetch ?? fetch)(url, {
        method,
        headers: authorized,
        body,
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      });
      return readAnswer(response, await response.text());
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof JobProblemError) throw error;
      const reason = timeout.aborted ? `no answer within ${timeoutSeconds} s` : reasonOf(error);
      throw new ConnectionError(`Could not reach ${url.origin}: ${reason}`, { cause: error });
    }
  }
}

/** A problem that may pass. */
class PassingProblem extends JobProblemError {
  constructor(
    problem: ConstructorParameters<typeof JobProblemError>[0],
    readonly retryAfterSeconds: number,
  ) {
    super(problem);
  }
}

function isPassing(error: Error): boolean {
  return error instanceof ConnectionError || error instanceof PassingProblem;
}

function readAnswer(response: Response, text: string): unknown {
  const value = parse(text);
  if (response.ok && value !== undefined) return value;
  const problem = readProblem(response, value);
  if (!passingStatuses.includes(response.status)) throw new JobProblemError(problem);
  throw new PassingProblem(problem, retryAfterSecondsOf(response));
}

function readProblem({ status, url }: Response, value: unknown): ConstructorParameters<typeof JobProblemError>[0] {
  const document = isObject(value) ? value : {};
  const { code, detail, errors, message } = document;
  if (typeof code === "string" && typeof detail === "string") {
    const fields = Array.isArray(errors) ? (errors as JobProblemError["errors"]) : undefined;
    // A code of a later API passes as it is.
    return { code: code as JobProblemCode, status, detail, errors: fields };
  }
  const said = typeof message === "string" ? message : "no problem document";
  if (status === 401 || status === 403) {
    const detail = `The API refused the request's authorization (${status}: ${said})`;
    return { code: gatewayCodes.unauthorized, status, detail };
  }
  if (status === 429) return { code: gatewayCodes.throttled, status, detail: `The API is throttled (${said})` };
  if (status >= 500) return { code: gatewayCodes.unavailable, status, detail: `The API failed (${status}: ${said})` };
  const where = url.replace(/\?.*$/s, "");
  return {
    code: gatewayCodes.unexpected,
    status,
    detail: `Expected the answer of a batch job API at ${where}, got status ${status} (${said})`,
  };
}

/** `Retry-After` in seconds; its other form, a date, would lean on two clocks that may differ. */
function retryAfterSecondsOf({ headers }: Response): number {
  const seconds = Number(headers.get("retry-after") ?? 0);
  return seconds > 0 ? Math.min(seconds, longestRetryAfterSeconds) : 0;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** `fetch` says only that it failed; its cause says why. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as { cause?: { code?: string; message?: string }; message?: string };
  return cause?.message || cause?.code || message || String(error);
}
