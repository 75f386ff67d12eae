import { describe, isObject } from "../../contract/check";
import { ConnectionError, JobProblemError } from "../errors";
import { type AuthorizationOptions, createAuthorize } from "./authorization";
import { type ApiRequest, Connection, type ConnectionOptions } from "./connection";
import type { Read } from "./readAnswer";

export interface OriginsOptions extends ConnectionOptions, Omit<AuthorizationOptions, "authorization"> {
  /** The component's output `url`; or those of components in several regions, in the order of their use. */
  url: string | URL | readonly (string | URL)[];
  /**
   * `iam` signs with SigV4, `none` doesn't. A function says it for each of several URLs, with the token, region and
   * credentials for that one alone.
   *
   * @default - `none` where there is a token or the URL is on this machine, else `iam`
   */
  authorization?: AuthorizationOptions["authorization"] | ((url: string) => AuthorizationOptions);
  /** With several URLs: seconds for which an API may fail a call before the next URL is taken. @default 10 */
  failoverAfterSeconds?: number;
  /** Called when calls begin to go to another of several URLs. */
  onFailover?: (change: Failover) => void;
}

/** A change from one API to another. */
export interface Failover {
  from: string;
  to: string;
  /** Error of the call that was given up; undefined if an earlier URL answers again. */
  reason?: Error;
}

/** The URL that answered, if there are several. */
export interface Place {
  url?: string;
}

interface Origin {
  url: URL;
  credentials?: AuthorizationOptions["credentials"];
  /** Gives up after `failoverAfterSeconds`. */
  hasty: Connection;
  /** Tries on as a client of one URL does. */
  patient: Connection;
  /** Tries once. */
  trial: Connection;
  place: Place;
  /** Time of the last failure, or look at its health; undefined while it is in use. */
  leftAt?: number;
  /** True if it has failed a submission: only one that succeeds brings it back into use. */
  mustSucceed?: boolean;
  /** True while it waits for a submission to try it, since its deep health is good. */
  isOnTrial?: boolean;
}

type Call<T> = (api: Connection, place: Place) => Promise<T>;

/** Time for which an API that failed is left alone. */
const stayMilliseconds = 60_000;

/** Longest time for its health, which no call waits for, and for a submission that tries it. */
const healthMilliseconds = 5_000;

/**
 * Chooses the API that a call goes to: the first of the URLs that is in use. One that has failed a call for
 * `failoverAfterSeconds`, by no answer or by 5xx, is out of use for 60 s, and then until its deep health is good. One
 * that has failed a submission is then tried by another, once and under the same id, before it is in use again: its
 * health doesn't tell that jobs can be published.
 */
export class Origins {
  private readonly origins: Origin[];

  constructor(
    private readonly options: OriginsOptions,
    private readonly clock: { now(): number } = performance,
  ) {
    const urls = (Array.isArray(options.url) ? options.url : [options.url]) as (string | URL)[];
    const { failoverAfterSeconds: seconds = 10, authorization } = options;
    if (urls.length === 0) throw new TypeError("Expected at least one URL of an API, got none");
    if (!(seconds > 0)) throw new RangeError(`Expected failoverAfterSeconds above 0, got ${seconds}`);
    this.origins = urls.map((given) => {
      const url = readUrl(given);
      const own = typeof authorization === "function" ? authorization(url.href) : { ...options, authorization };
      const authorize = createAuthorize(url, own);
      const hasty = new Connection(url, authorize, options, seconds * 1_000);
      const patient = new Connection(url, authorize, options);
      const once = { ...options, maxAttempts: 1 };
      const trial = new Connection(url, authorize, once, Math.min(seconds * 1_000, healthMilliseconds));
      const place = urls.length > 1 ? { url: url.href } : {};
      return { url, credentials: own.credentials, hasty, patient, trial, place };
    });
  }

  /** True if there are several. */
  get areSeveral(): boolean {
    return this.origins.length > 1;
  }

  get urls(): string[] {
    return this.origins.map(({ url }) => url.href);
  }

  /** The API in use, with the connection to it and the credentials for it. */
  get current(): Pick<Origin, "url" | "credentials" | "patient"> {
    return this.inOrder()[0]!;
  }

  /**
   * Runs a call at the API of that URL, else at the one in use; at the others if it fails, or has no such job.
   *
   * @throws the last failure; the refusal, if all have answered.
   */
  async run<T>(call: Call<T>, at?: string): Promise<T> {
    return this.runAtEach(call, at, false);
  }

  /** Runs a call that submits jobs, as {@link run} does; first at an API that is on trial, if there is one. */
  async submit<T>(call: Call<T>): Promise<T> {
    const origin = this.origins.find(({ isOnTrial }) => isOnTrial);
    if (!origin) return this.runAtEach(call, undefined, true);
    // No other call tries it meanwhile.
    origin.isOnTrial = false;
    try {
      const value = await call(origin.trial, origin.place);
      this.mark(origin, undefined);
      return value;
    } catch (error) {
      origin.isOnTrial = !isFailure(error);
      this.noteFailure(origin, error, true);
    }
    return this.runAtEach(call, undefined, true);
  }

  private async runAtEach<T>(call: Call<T>, at: string | undefined, isSubmission: boolean): Promise<T> {
    let failure: Error | undefined;
    let missing: Error | undefined;
    for (const origin of this.inOrder(at)) {
      // Without another in use there is none to change over to.
      const isOnly = this.origins.every(
        ({ leftAt }, index) => (leftAt === undefined) === (origin === this.origins[index]),
      );
      try {
        return await call(isOnly ? origin.patient : origin.hasty, origin.place);
      } catch (error) {
        if (error instanceof JobProblemError && /^(job|action)-not-found$/.test(error.code)) missing ??= error;
        else failure = this.noteFailure(origin, error, isSubmission);
      }
    }
    throw failure ?? missing!;
  }

  /** Sends a request as {@link run} does, and returns what is read of the answer's JSON value. */
  async request<T>(request: ApiRequest, read: Read<T>, at?: string): Promise<T> {
    return this.run(
      (api, place) =>
        api.request(request, (value, from) => read(isObject(value) ? { ...value, ...place } : value, from)),
      at,
    );
  }

  /**
   * Runs a call at each API in use, or at all if none is. Returns a value for each, undefined for those without answer.
   *
   * @throws the last failure, if none answers.
   */
  async each<T>(call: (api: Connection, place: Place, index: number) => Promise<T>): Promise<(T | undefined)[]> {
    const isUseless = (origin: Origin) => origin.leftAt !== undefined && this.inOrder()[0]!.leftAt === undefined;
    let failure: Error | undefined;
    const values = await Promise.all(
      this.origins.map(async (origin, index) => {
        if (isUseless(origin)) return undefined;
        return call(origin.hasty, origin.place, index).catch((error: unknown) => {
          failure = this.noteFailure(origin, error, false);
          return undefined;
        });
      }),
    );
    if (failure && values.every((value) => value === undefined)) throw failure;
    return values;
  }

  /** The origins: those in use first, among these the one of that URL. */
  private inOrder(at?: string): Origin[] {
    for (const origin of this.origins) {
      if (origin.leftAt !== undefined && this.clock.now() - origin.leftAt >= stayMilliseconds) void this.lookAt(origin);
    }
    const rank = ({ leftAt, url }: Origin) => (leftAt === undefined ? 0 : 2) + (url.href === at ? 0 : 1);
    return [...this.origins].sort((one, other) => rank(one) - rank(other));
  }

  /** @throws the error, if it is no failure of the API */
  private noteFailure(origin: Origin, error: unknown, isSubmission: boolean): Error {
    if (!isFailure(error) || !this.areSeveral) throw error;
    origin.mustSucceed ||= isSubmission;
    this.mark(origin, this.clock.now(), error);
    return error;
  }

  /** Any answer but 5xx is good enough: an API of an earlier version doesn't know deep health. */
  private async lookAt(origin: Origin): Promise<void> {
    Object.assign(origin, { leftAt: this.clock.now(), isOnTrial: false });
    const request = { method: "GET", path: "health", query: { deep: "1" } } as const;
    const answer = await origin.hasty.exchange(request, undefined, healthMilliseconds).catch(() => undefined);
    if (!answer || answer.response.status >= 500) return;
    const isBefore = this.origins.indexOf(origin) < this.origins.findIndex(({ leftAt }) => leftAt === undefined);
    if (origin.mustSucceed && isBefore) origin.isOnTrial = true;
    else this.mark(origin, undefined);
  }

  private mark(origin: Origin, leftAt: number | undefined, reason?: Error): void {
    const before = this.inOrder()[0]!;
    origin.leftAt = leftAt;
    if (leftAt === undefined) Object.assign(origin, { mustSucceed: false, isOnTrial: false });
    const after = this.inOrder()[0]!;
    if (after !== before) this.options.onFailover?.({ from: before.url.href, to: after.url.href, reason });
  }
}

function isFailure(error: unknown): error is Error {
  return error instanceof ConnectionError || (error instanceof JobProblemError && error.status >= 500);
}

function readUrl(url: string | URL): URL {
  if (URL.canParse(String(url))) return new URL(url);
  // Even an invalid URL may hold a password.
  const got = typeof url === "string" ? `a text of ${url.length} characters that is none` : describe(url);
  throw new TypeError(`Expected the API's url as an http or https URL, got ${got}`);
}
