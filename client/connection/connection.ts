import { ConnectionError, JobProblemError } from "../errors";
import { gatewayCodes } from "../problemCode";
import type { Authorize } from "./authorization";
import { beforeAbort, Inactivity, type Pieces } from "./inactivity";
import { proxyOf } from "./proxy";
import { type Answer, PassingProblem, type Read, readAnswer } from "./readAnswer";
import { retry } from "./retry";
import { clockSkewOf, isSkewed } from "./skew";

export interface ConnectionOptions {
  /** Tries per request, at most. @default 8, with several URLs as many as `failoverAfterSeconds` gives time for */
  maxAttempts?: number;
  /**
   * Longest duration of one try, in seconds: API Gateway gives up after 30 s. Of a transfer to or from S3, the longest
   * time in which nothing moves.
   *
   * @default 35
   */
  requestTimeoutSeconds?: number;
  /** @default - Node's `fetch`, by the proxy that HTTPS_PROXY names */
  fetch?: typeof fetch;
}

export interface ApiRequest {
  method: "GET" | "POST" | "DELETE";
  /** Path below the API's URL, without a leading slash. */
  path: string;
  query?: Record<string, string | number | undefined>;
  headers?: Record<string, string>;
  /** Sent as JSON. */
  body?: unknown;
  /** Time after which it is no longer tried. @default - that of the connection */
  longestMilliseconds?: number;
  signal?: AbortSignal;
}

/** A transfer by a signed URL. */
export interface Transfer {
  method: "GET" | "PUT";
  headers?: Record<string, string>;
  /** Returns the body's pieces, once for each try. */
  read?: () => Pieces;
  signal?: AbortSignal | undefined;
}

/** Longest wait between two tries, doubled with each; the API's `Retry-After` comes on top. */
const backoffMilliseconds = { first: 200, longest: 5_000 };

/**
 * Sends requests to one API. Requests that fail on the way, are throttled, or are answered with 5xx are retried,
 * always with the same body and headers: callers must send idempotent requests.
 */
export class Connection {
  private readonly base: URL;
  /** Lead of the API's clock over this machine's; 0 until a signature failed for it. */
  private skewMilliseconds = 0;
  /** Tries per request, at most. */
  readonly maxAttempts: number;

  constructor(
    url: URL,
    private readonly authorize: Authorize,
    private readonly options: ConnectionOptions,
    /** Time after which a request is no longer tried. */
    readonly longestMilliseconds = Infinity,
  ) {
    this.maxAttempts = options.maxAttempts ?? (longestMilliseconds < Infinity ? Infinity : 8);
    this.base = new URL(url);
    this.base.pathname = url.pathname.replace(/\/*$/, "/");
  }

  /**
   * Sends a request and returns what is read of the answer's JSON value.
   *
   * @throws JobProblemError if the API refuses, ConnectionError if no answer comes, the signal's reason.
   */
  async request<T>(request: ApiRequest, read: Read<T>): Promise<T> {
    const { longestMilliseconds = this.longestMilliseconds, signal } = request;
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    return retry(async (left) => readAnswer(await this.exchange(request, body, left), read), {
      maxAttempts: this.maxAttempts,
      longestMilliseconds,
      backoffMilliseconds,
      shouldRetry: (error) => error instanceof ConnectionError || error instanceof PassingProblem,
      leastMilliseconds: (error) => (error instanceof PassingProblem ? error.retryAfterSeconds * 1_000 : 0),
      signal,
    });
  }

  /**
   * Sends a file to a signed URL, or fetches one, without the API's authorization.
   *
   * @throws JobProblemError if it is refused, ConnectionError if no answer comes, the signal's reason.
   */
  async transfer(address: string, { method, headers, read, signal }: Transfer): Promise<Buffer> {
    const url = new URL(address);
    const { fetch: own } = this.options;
    const attempt = async (left: number) => {
      const dispatcher = own ? undefined : await proxyOf(url);
      const seconds = this.longestSeconds(left);
      const inactivity = new Inactivity(seconds * 1_000);
      const ends = signal ? AbortSignal.any([signal, inactivity.signal]) : inactivity.signal;
      const content = read && { body: ReadableStream.from(inactivity.watch(read())), duplex: "half" };
      const init = { method, headers, redirect: "manual", signal: ends, ...content, ...(dispatcher && { dispatcher }) };
      try {
        const response = await (own ?? fetch)(url, init as object);
        const pieces: Uint8Array[] = [];
        for await (const piece of inactivity.watch(response.body ?? [])) pieces.push(piece);
        const bytes = Buffer.concat(pieces);
        if (response.ok) return bytes;
        const [, said = "no reason"] = /<Code>(\w+)</.exec(bytes.toString()) ?? [];
        const detail = `S3 refused the transfer (${response.status}: ${said})`;
        throw new JobProblemError({ code: gatewayCodes.unexpected, status: response.status, detail });
      } catch (error) {
        if (error instanceof JobProblemError && error.status < 500) throw error;
        signal?.throwIfAborted();
        const reason = inactivity.signal.aborted ? `nothing moved for ${said(seconds)} s` : reasonOf(error);
        throw new ConnectionError(`Could not reach ${url.origin}: ${reason}`, { cause: error });
      } finally {
        inactivity.end();
      }
    };
    const shouldRetry = (error: unknown) => error instanceof ConnectionError;
    const { longestMilliseconds, maxAttempts } = this;
    return retry(attempt, { maxAttempts, longestMilliseconds, backoffMilliseconds, shouldRetry, signal });
  }

  /**
   * Sends a request and returns the answer, whatever it says; signed again if the clocks made the first signature fail.
   *
   * @param left - milliseconds within which the answer must come; a second is always left
   * @throws ConnectionError if no answer comes, the signal's reason.
   */
  async exchange(request: Omit<ApiRequest, "body">, body?: string, left = Infinity): Promise<Answer> {
    const answer = await this.send(request, left, body);
    const skew = clockSkewOf(answer.response);
    const isRefused = answer.response.status === 401 || answer.response.status === 403;
    if (!isRefused || !answer.isSigned || !isSkewed(skew - this.skewMilliseconds)) return answer;
    this.skewMilliseconds = skew;
    return this.send(request, left, body);
  }

  /** Longest duration of one try, if that time is left for all; a second is always left. */
  private longestSeconds(leftMilliseconds: number): number {
    return Math.min(this.options.requestTimeoutSeconds ?? 35, Math.max(leftMilliseconds / 1_000, 1));
  }

  private async send(request: Omit<ApiRequest, "body">, left: number, body?: string) {
    const { method, path, query = {}, headers = {}, signal } = request;
    const url = new URL(path, this.base);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const sent = { accept: "application/json", ...(body && { "content-type": "application/json" }), ...headers };
    const signedAt = this.skewMilliseconds === 0 ? undefined : new Date(Date.now() + this.skewMilliseconds);
    const seconds = this.longestSeconds(left);
    const timeout = AbortSignal.timeout(Math.ceil(seconds * 1_000));
    const ends = signal ? AbortSignal.any([signal, timeout]) : timeout;
    const authorizing = this.authorize({ method, url, headers: sent, body, signedAt });
    const authorization = await beforeAbort(authorizing, ends).catch((error: unknown) => {
      signal?.throwIfAborted();
      if (!timeout.aborted) throw error;
      throw new ConnectionError(`Could not call ${url.origin}: no credentials or token within ${said(seconds)} s`);
    });
    try {
      const dispatcher = this.options.fetch ? undefined : await proxyOf(url);
      const options = {
        method,
        headers: { ...sent, ...authorization },
        body,
        // The authorisation is for this origin alone.
        redirect: "manual",
        signal: ends,
        ...(dispatcher && { dispatcher }),
      } as object as RequestInit;
      const response = await (this.options.fetch ?? fetch)(url, options);
      const text = await response.text();
      const isSigned = authorization.authorization?.startsWith("AWS4-") ?? false;
      return { url, response, text, isSigned, hide: (said: string) => withoutSecrets(said, authorization) };
    } catch (error) {
      signal?.throwIfAborted();
      const reason = timeout.aborted ? `no answer within ${said(seconds)} s` : reasonOf(error);
      const detail = withoutSecrets(reason, authorization);
      throw new ConnectionError(`Could not reach ${url.origin}: ${detail}`, {
        // An error that contains a secret isn't passed on.
        cause: detail === reason ? error : undefined,
      });
    }
  }
}

function said(seconds: number): number {
  return Number(seconds.toFixed(2));
}

/** `fetch` says only that it failed; its cause has the reason. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as { cause?: { code?: string; message?: string }; message?: string };
  return cause?.message || cause?.code || message || String(error);
}

/** Removes the authorisation from a text: servers, and `fetch` itself, quote what they refuse. */
function withoutSecrets(text: string, headers: Record<string, string>): string {
  const values = [headers.authorization ?? "", headers["x-amz-security-token"] ?? ""];
  const parts = values.flatMap((value) => [value, ...value.split(/[\s,]+|Signature=/)]);
  const secrets = parts.filter((part) => part.length >= shortestSecret && !part.includes("SignedHeaders="));
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, "…"), text);
}

/** Shorter parts are words, such as "Bearer". */
const shortestSecret = 8;
