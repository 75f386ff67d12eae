import type { Authorize } from "./authorization";
import { ConnectionError } from "../errors";
import { proxyOf } from "./proxy";
import { PassingProblem, readAnswer } from "./readAnswer";
import { retry } from "./retry";
import { clockSkewOf, isSkewed } from "./skew";

export interface ConnectionOptions {
  /** How often a request is tried before it fails. @default 8 */
  maxAttempts?: number;
  /** How long one try may take: API Gateway gives up after 30 s. @default 35 */
  requestTimeoutSeconds?: number;
  /** @default - that of Node, by the proxy that HTTPS_PROXY names */
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

/** Longest wait between two tries, doubled with each; beside what the API asks for. */
const backoffMilliseconds = { first: 200, longest: 5_000 };

/**
 * Requests to one API. What fails on the way, is throttled, or is answered with 5xx is tried again, always with the same
 * body and headers: whoever sends makes sure that the API may take it twice.
 */
export class Connection {
  private readonly base: URL;
  /** How far the API's clock is ahead of this machine's, once that stood in a signature's way. */
  private skewMilliseconds = 0;

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
    return retry(() => this.attempt(request, body), {
      maxAttempts: this.options.maxAttempts ?? 8,
      backoffMilliseconds,
      shouldRetry: (error) => error instanceof ConnectionError || error instanceof PassingProblem,
      leastMilliseconds: (error) => (error instanceof PassingProblem ? error.retryAfterSeconds * 1_000 : 0),
      signal,
    });
  }

  private async attempt(request: ApiRequest, body?: string): Promise<unknown> {
    const answer = await this.send(request, body);
    const skew = clockSkewOf(answer.response);
    const isRefused = answer.response.status === 401 || answer.response.status === 403;
    if (!isRefused || !answer.isSigned || !isSkewed(skew - this.skewMilliseconds)) return readAnswer(answer);
    this.skewMilliseconds = skew;
    return readAnswer(await this.send(request, body));
  }

  private async send({ method, path, query = {}, headers = {}, signal }: ApiRequest, body?: string) {
    const url = new URL(path, this.base);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const sent = { accept: "application/json", ...(body && { "content-type": "application/json" }), ...headers };
    const signedAt = this.skewMilliseconds === 0 ? undefined : new Date(Date.now() + this.skewMilliseconds);
    const authorization = await this.authorize({ method, url, headers: sent, body, signedAt });
    const timeoutSeconds = this.options.requestTimeoutSeconds ?? 35;
    const timeout = AbortSignal.timeout(timeoutSeconds * 1_000);
    try {
      const dispatcher = this.options.fetch ? undefined : await proxyOf(url);
      const options = {
        method,
        headers: { ...sent, ...authorization },
        body,
        // What authorises a request is for this origin alone.
        redirect: "manual",
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
        ...(dispatcher && { dispatcher }),
      } as object as RequestInit;
      const response = await (this.options.fetch ?? fetch)(url, options);
      const text = await response.text();
      const isSigned = authorization.authorization?.startsWith("AWS4-") ?? false;
      return { url, response, text, isSigned, hide: (said: string) => withoutSecrets(said, authorization) };
    } catch (error) {
      signal?.throwIfAborted();
      const reason = timeout.aborted ? `no answer within ${timeoutSeconds} s` : reasonOf(error);
      const detail = withoutSecrets(reason, authorization);
      throw new ConnectionError(`Could not reach ${url.origin}: ${detail}`, {
        // An error that names a secret isn't handed on.
        cause: detail === reason ? error : undefined,
      });
    }
  }
}

/** `fetch` says only that it failed; its cause says why. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as { cause?: { code?: string; message?: string }; message?: string };
  return cause?.message || cause?.code || message || String(error);
}

/** The text without what authorises a request: servers, and `fetch` itself, say what they don't like. */
function withoutSecrets(text: string, headers: Record<string, string>): string {
  const values = [headers.authorization ?? "", headers["x-amz-security-token"] ?? ""];
  const parts = values.flatMap((value) => [value, ...value.split(/[\s,]+|Signature=/)]);
  const secrets = parts.filter((part) => part.length >= shortestSecret && !part.includes("SignedHeaders="));
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, "…"), text);
}

/** Shorter parts are words, such as "Bearer". */
const shortestSecret = 8;
