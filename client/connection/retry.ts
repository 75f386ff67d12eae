import { setTimeout as sleep } from "node:timers/promises";

export interface RetryOptions {
  /** Tries, the first one included. */
  maxAttempts: number;
  /** Time after which no further try begins, in milliseconds. @default - none */
  longestMilliseconds?: number;
  /** Longest wait after the first failure, doubled with each, and the longest of all. The wait itself is random. */
  backoffMilliseconds: { first: number; longest: number };
  /** True if a later try may succeed. */
  shouldRetry: (error: unknown) => boolean;
  /** Shortest wait that the failure itself requires. @default - none */
  leastMilliseconds?: (error: unknown) => number;
  /** Ends the waiting. */
  signal?: AbortSignal;
}

/** Source of time and chance. */
export interface RetryClock {
  /** A clock that never jumps, in milliseconds. */
  now(): number;
  /** A number from 0 to below 1. */
  random(): number;
  sleep(milliseconds: number, signal?: AbortSignal): Promise<unknown>;
}

const machineClock: RetryClock = {
  now: () => performance.now(),
  random: Math.random,
  sleep: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }),
};

/**
 * Repeats the attempt until it succeeds, fails for good, or has used its tries. Waits have full jitter, so that
 * callers that failed together don't return together.
 *
 * @param attempt - gets the time that is left, in milliseconds
 * @throws the last attempt's error; the signal's reason.
 */
export async function retry<T>(
  attempt: (leftMilliseconds: number) => Promise<T>,
  options: RetryOptions,
  clock = machineClock,
): Promise<T> {
  const { maxAttempts, longestMilliseconds = Infinity, backoffMilliseconds, shouldRetry, signal } = options;
  const { leastMilliseconds = () => 0 } = options;
  const end = clock.now() + longestMilliseconds;
  for (let tried = 1; ; tried++) {
    signal?.throwIfAborted();
    try {
      return await attempt(end - clock.now());
    } catch (error) {
      signal?.throwIfAborted();
      const left = end - clock.now();
      if (!(tried < maxAttempts) || left <= 0 || !shouldRetry(error)) throw error;
      const ceiling = Math.min(backoffMilliseconds.first * 2 ** (tried - 1), backoffMilliseconds.longest);
      const pause = leastMilliseconds(error) + clock.random() * ceiling;
      await clock.sleep(Math.min(pause, left), signal).catch((reason: unknown) => {
        signal?.throwIfAborted();
        throw reason;
      });
    }
  }
}
