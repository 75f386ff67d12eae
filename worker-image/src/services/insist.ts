import { backoffSeconds } from "../support/backoff";
import { type Clock, sleep } from "../support/clock";
import { isOutage } from "./serviceError";
import { ServiceAway } from "./serviceGate";

/** About a minute in all: longer than a throttled table or a network failure, shorter than a person's patience. */
const insistence = { tries: 10, baseSeconds: 0.2, maxSeconds: 20 };

/** Errors that no retry fixes. */
const hopeless = new Set([
  "ValidationException",
  "InvalidParameterValue",
  "InvalidMessageContents",
  "MessageNotInflight",
  "NoSuchBucket",
  "NoSuchKey",
  "ReceiptHandleIsInvalid",
]);

export interface InsistOptions {
  clock: Clock;
  random: () => number;
  /** Ends the retries when it aborts. */
  signal: AbortSignal;
  /** End of the retries during an outage of the service: epoch milliseconds. @default - after about a minute */
  until?: number;
  /** Called when an attempt failed and another follows; in a long row only for some of them. */
  onRetry(error: unknown): void;
}

/** Every retry is reported up to this one, and from then on only one in this number. */
const toldRetries = 10;

/** Retries the action with backoff; rejects with the last error. */
export async function insist<T>(action: () => Promise<T>, options: InsistOptions): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await action();
    } catch (error) {
      const isHopeless = error instanceof Error && hopeless.has(error.name);
      const isPatient = isOutage(error) && options.clock.now() < (options.until ?? 0);
      const isUsedUp = tries >= insistence.tries && !isPatient;
      if (isHopeless || isUsedUp || options.signal.aborted) throw error;
      if (tries <= toldRetries || tries % toldRetries === 0) options.onRetry(error);
      const pause = backoffSeconds(tries, { ...insistence, random: options.random });
      await sleep(options.clock, pause * 1_000, options.signal);
      // While no call would be made, a try is useless.
      if (isPatient && error instanceof ServiceAway) await error.gate.ready(options.signal);
    }
  }
}
