/** Time as the worker sees it; tests hand in one that they turn themselves. */
export interface Clock {
  /** Epoch milliseconds. */
  now: () => number;
  /** Runs `action` once, `milliseconds` from now, unless the returned function is called before. */
  after: (milliseconds: number, action: () => void) => () => void;
}

/**
 * The wall clock as it was when the process began, and on from there by the steady one: a wall clock that is put right in
 * the middle of a job would make its lease, its heartbeats and its 12 hours seem over, or far from it.
 */
export const systemClock: Clock = {
  now: () => Math.round(performance.timeOrigin + performance.now()),
  after(milliseconds, action) {
    const timer = setTimeout(action, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** Waits; ends early, without an error, when the signal aborts. */
export function sleep(clock: Clock, milliseconds: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = () => {
      cancel();
      signal?.removeEventListener("abort", finish);
      resolve();
    };
    const cancel = clock.after(milliseconds, finish);
    signal?.addEventListener("abort", finish);
  });
}
