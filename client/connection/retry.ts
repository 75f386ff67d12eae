import { setTimeout as sleep } from "node:timers/promises";

export interface RetryOptions {
  /** How often it is tried, the first time included. */
  maxAttempts: number;
  /** Longest wait after the first failure, doubled with each, and the longest of all. The wait itself is left to chance. */
  backoffMilliseconds: { first: number; longest: number };
  /** Whether a later try may do better. */
  shouldRetry: (error: unknown) => boolean;
  /** Shortest wait that the failure itself asks for. @default - none */
  leastMilliseconds?: (error: unknown) => number;
  /** Ends the waiting. */
  signal?: AbortSignal;
}

/** Where time and chance come from. */
export interface RetryClock {
  /** From 0 up to 1. */
  random(): number;
  sleep(milliseconds: number, signal?: AbortSignal): Promise<unknown>;
}

const machineClock: RetryClock = {
  random: Math.random,
  sleep: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }),
};

/**
 * Runs the attempt until it succeeds, fails for good, or has been tried often enough. Waits have full jitter, so that
 * callers that failed together don't come back together.
 *
 * @throws what the last attempt threw; the signal's reason.
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
