import { backoffSeconds } from "./backoff";
import { Clock, sleep } from "./clock";

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
  "ResourceNotFoundException",
]);

export interface InsistOptions {
  clock: Clock;
  random: () => number;
  /** When it aborts, no further try is made. */
  signal: AbortSignal;
  /** An attempt failed, and another follows. */
  onRetry(error: unknown): void;
}

/** Repeats the action, with backoff, until it works; rejects with its last error if it won't. */
export async function insist<T>(action: () => Promise<T>, options: InsistOptions): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await action();
    } catch (error) {
      const isHopeless = error instanceof Error && hopeless.has(error.name);
      if (isHopeless || tries >= insistence.tries || options.signal.aborted) throw error;
      options.onRetry(error);
      const pause = backoffSeconds(tries, { ...insistence, random: options.random });
      await sleep(options.clock, pause * 1000, options.signal);
    }
  }
}
