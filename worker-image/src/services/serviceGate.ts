import { type Clock, sleep } from "../support/clock";
import { isAnswer, isOutage } from "./serviceError";

/** A service counts as away once this number of calls in a row have failed, over this time. */
const failuresToClose = 5;
const millisecondsToClose = 20_000;

/** Time between two tries of a service that is away: three a minute. */
const tryMilliseconds = 20_000;

/** Thrown in place of a call to a service that is away: no call was made. */
export class ServiceAway extends Error {
  override readonly name = "ServiceAway";

  constructor(
    readonly gate: ServiceGate,
    cause: unknown,
  ) {
    super(`${gate.service} has answered no call since ${new Date(gate.failingSince!).toISOString()}`, { cause });
  }
}

export interface ServiceGateOptions {
  clock: Clock;
  /** Time between two tries while the service is away. @default 20,000 */
  tryMilliseconds?: number;
}

/**
 * Gate to one AWS service, for all of the worker's calls. While every call fails, it lets one through from time to
 * time and refuses the others without a call: so jobs, heartbeats and polls together never call more often. The
 * first call that works opens it for all.
 */
export class ServiceGate {
  private failures = 0;
  private failing?: { since: number; error: unknown };
  private answered = -Infinity;
  private worked = -Infinity;
  /** Time at which the next call is let through; undefined while all are. */
  private nextTryAt?: number;
  private onOpen = new Set<() => void>();

  constructor(
    /** AWS's name of the service: `SQS`, `DynamoDB`. */
    readonly service: string,
    private readonly options: ServiceGateOptions,
  ) {}

  /** Time since which every call has failed, epoch milliseconds; undefined while calls work. */
  get failingSince(): number | undefined {
    return this.failing?.since;
  }

  /** The latest call's error; undefined while calls work. */
  get lastError(): unknown {
    return this.failing?.error;
  }

  /** Time of the service's last answer, including refusals: epoch milliseconds. */
  get answeredAt(): number {
    return this.answered;
  }

  /** Makes the call, unless the service is away; then it rejects with {@link ServiceAway}. */
  async run<T>(call: () => Promise<T>): Promise<T> {
    const { clock } = this.options;
    const begun = clock.now();
    if (this.nextTryAt !== undefined) {
      if (begun < this.nextTryAt) throw new ServiceAway(this, this.lastError);
      this.nextTryAt = begun + this.pause;
    }
    try {
      const answer = await call();
      this.noteSuccess();
      return answer;
    } catch (error) {
      this.note(error, begun);
      throw error;
    }
  }

  /** Resolves once a call would be let through, or the signal aborts. */
  async ready(signal?: AbortSignal): Promise<void> {
    const { clock } = this.options;
    while (this.nextTryAt !== undefined && clock.now() < this.nextTryAt && !signal?.aborted) {
      const opening = new AbortController();
      const open = () => opening.abort();
      this.onOpen.add(open);
      signal?.addEventListener("abort", open);
      await sleep(clock, this.nextTryAt - clock.now(), opening.signal);
      signal?.removeEventListener("abort", open);
      this.onOpen.delete(open);
    }
  }

  private get pause(): number {
    return this.options.tryMilliseconds ?? tryMilliseconds;
  }

  private note(error: unknown, begun: number): void {
    const now = this.options.clock.now();
    if (isAnswer(error)) this.answered = now;
    // An aborted call, or an error about the call itself, says nothing against the service.
    if (!isOutage(error)) return isAnswer(error) ? this.noteSuccess() : undefined;
    // A call that hung since before the last successful one is out of date.
    if (begun < this.worked) return;
    this.failures++;
    this.failing = { since: this.failing?.since ?? begun, error };
    const isAway = this.failures >= failuresToClose && now - this.failing.since >= millisecondsToClose;
    if (isAway) this.nextTryAt ??= now + this.pause;
  }

  private noteSuccess(): void {
    const now = this.options.clock.now();
    this.answered = now;
    this.worked = now;
    this.failures = 0;
    this.failing = undefined;
    this.nextTryAt = undefined;
    for (const open of this.onOpen) open();
  }
}
