import { setTimeout as sleep } from "node:timers/promises";

export interface RetryOptions {
  /** Tries, the first one included. */
  maxAttempts: number;
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
  /** A number from 0 to below 1. */
  random(): number;
  sleep(milliseconds: number, signal?: AbortSignal): Promise<unknown>;
}

const machineClock: RetryClock = {
  random: Math.random,
  sleep: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }),
};

/**
 * Repeats the attempt until it succeeds, fails for good, or has used its tries. Waits have full jitter, so that
 * callers that failed together don't return together.
 *
 * @throws the last attempt's error; the signal's reason.
 */
export async function retry<T>(
  attempt: () => Promise<T>,
  { maxAttempts, backoffMilliseconds, shouldRetry, leastMilliseconds = () => 0, signal }: RetryOptions,
  clock = machineClock,
): Promise<T> {
  for (let tried = 1; ; tried++) {
    signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      signal?.throwIfAborted();
      if (!(tried < maxAttempts) || !shouldRetry(error)) throw error;
      const ceiling = Math.min(backoffMilliseconds.first * 2 ** (tried - 1), backoffMilliseconds.longest);
      await clock.sleep(leastMilliseconds(error) + clock.random() * ceiling, signal).catch((reason: unknown) => {
        signal?.throwIfAborted();
        throw reason;
      });
    }
  }
}
