import { uptime as uptimeSeconds } from "node:os";

/** Time for the worker; tests pass one that they control. */
export interface Clock {
  /** Epoch milliseconds. */
  now: () => number;
  /** Epoch milliseconds by the wall clock, for comparison with other machines' clocks at this moment. */
  wallNow: () => number;
  /** Runs `action` once, `milliseconds` from now, unless the returned function is called before. */
  after: (milliseconds: number, action: () => void) => () => void;
}

/** The machine's sources of time, all in milliseconds. */
export interface TimeSources {
  wall: () => number;
  /** Advances evenly whatever happens to the wall clock, and stands still while the machine sleeps. */
  steady: () => number;
  /** Time since the machine's start, its sleep included. */
  uptime: () => number;
}

/** A smaller jump between the wall clock and the steady one is no sleep worth a check. */
const jumpMilliseconds = 2_000;

/**
 * The wall clock at the start of the process, advanced by the steady one: a wall clock that is corrected in the middle
 * of a job would make its lease, its heartbeats and its 12 hours seem over, or far from it. One that was wrong at the
 * start of the process stays wrong. The machine's sleep is added, so that workers that began before and after it agree
 * on leases; the wall clock alone can't tell sleep from a correction, the uptime can.
 */
export function createClock({ wall, steady, uptime }: TimeSources): Clock {
  const begun = { steady: steady(), uptime: uptime() };
  let ahead = wall() - begun.steady;
  let slept = 0;

  function now(): number {
    const time = steady();
    const aheadNow = wall() - time;
    if (Math.abs(aheadNow - ahead) > jumpMilliseconds) {
      ahead = aheadNow;
      const asleep = uptime() - begun.uptime - (time - begun.steady);
      if (asleep - slept > jumpMilliseconds) slept = asleep;
    }
    return Math.round(time + slept);
  }

  return {
    now,
    wallNow: wall,
    after(milliseconds, action) {
      const timer = setTimeout(action, milliseconds);
      return () => clearTimeout(timer);
    },
  };
}

export const systemClock: Clock = createClock({
  wall: () => Date.now(),
  steady: () => performance.timeOrigin + performance.now(),
  uptime: () => uptimeSeconds() * 1_000,
});

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
