import { backoffSeconds } from "../support/backoff";
import { type Clock, sleep } from "../support/clock";
import { isOutage } from "./serviceError";
import { ServiceAway } from "./serviceGate";

/** About a minute in all: longer than a throttled table or a network failure, shorter than a person's patience. */
const backoff = { tries: 10, baseSeconds: 0.2, maxSeconds: 20 };

/** Errors that no retry fixes. */
const nonRetryable = new Set([
  "ValidationException",
  "InvalidParameterValue",
  "InvalidMessageContents",
  "MessageNotInflight",
  "NoSuchBucket",
  "NoSuchKey",
  "ReceiptHandleIsInvalid",
]);

export interface RetryOptions {
  clock: Clock;
  random: () => number;
  /** Ends the retries when it aborts. @default - nothing does */
  signal?: AbortSignal;
  /** End of the retries during an outage of the service: epoch milliseconds. @default - after about a minute */
  until?: number;
  /** Called when an attempt failed and another follows; in a long row only for some of them. */
  onRetry(error: unknown): void;
}

/** Every retry is reported up to this one, and from then on only one in this number. */
const reportedRetries = 10;

/** Retries the action with backoff; rejects with the last error. */
export async function retry<T>(action: () => Promise<T>, options: RetryOptions): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await action();
    } catch (error) {
      const isNonRetryable = error instanceof Error && nonRetryable.has(error.name);
      const isPatient = isOutage(error) && options.clock.now() < (options.until ?? 0);
      const isUsedUp = tries >= backoff.tries && !isPatient;
      if (isNonRetryable || isUsedUp || options.signal?.aborted) throw error;
      if (tries <= reportedRetries || tries % reportedRetries === 0) options.onRetry(error);
      const pause = backoffSeconds(tries, { ...backoff, random: options.random });
      await sleep(options.clock, pause * 1_000, options.signal);
      // While no call would be made, a try is useless.
      if (isPatient && error instanceof ServiceAway) await error.gate.ready(options.signal);
    }
  }
}
