import { backoffSeconds } from "../support/backoff";
import { Clock, sleep } from "../support/clock";
import { isOutage } from "./serviceError";
import { ServiceAway } from "./serviceGate";

/** About a minute in all: longer than a throttled table or a network's hiccup, shorter than a person's patience. */
const insistence = { tries: 10, baseSeconds: 0.2, maxSeconds: 20 };

/** Errors that no repetition cures. */
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
  /** When it aborts, no further try is made. */
  signal: AbortSignal;
  /** Through an outage of the service it goes on for as long: epoch milliseconds. @default - for a minute or so */
  until?: number;
  /** An attempt failed, and another follows. Of a long row of them some are told. */
  onRetry(error: unknown): void;
}

/** Every retry is told up to this one, and from then on only each so many. */
const toldRetries = 10;

/** Repeats the action, with backoff, until it works; rejects with its last error if it won't. */
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
      await sleep(options.clock, pause * 1000, options.signal);
      // Where nothing would be asked, there is nothing to try.
      if (isPatient && error instanceof ServiceAway) await error.gate.ready(options.signal);
    }
  }
}
