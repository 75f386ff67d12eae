import { type Clock } from "../../../worker-image/src/support/clock";

/** A clock that stands still until the test turns it. */
export class FakeClock implements Clock {
  private time = Date.UTC(2_026, 0, 1);
  private readonly timers = new Map<number, { at: number; action: () => void }>();
  private lastTimer = 0;
  /** By which the wall clock is ahead. */
  wallAheadMilliseconds = 0;

  now = () => this.time;

  wallNow = () => this.time + this.wallAheadMilliseconds;

  after = (milliseconds: number, action: () => void) => {
    const timer = ++this.lastTimer;
    this.timers.set(timer, { at: this.time + milliseconds, action });
    return () => void this.timers.delete(timer);
  };

  get pendingTimers(): number {
    return this.timers.size;
  }

  /** Turns the clock while the process stands still: nothing that falls due runs. */
  standStill(milliseconds: number): void {
    this.time += milliseconds;
  }

  /** Turns the clock, running what falls due in order, and lets promises settle after each. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.time + milliseconds;
    await settled();
    for (;;) {
      // Timers are kept in the order of their start: the first of those due at one time runs first.
      let next: { timer: number; at: number; action: () => void } | undefined;
      for (const [timer, { at, action }] of this.timers) {
        if (at <= end && at < (next?.at ?? Infinity)) next = { timer, at, action };
      }
      if (!next) break;
      this.time = Math.max(this.time, next.at);
      this.timers.delete(next.timer);
      next.action();
      await settled();
    }
    this.time = end;
  }
}

/** Lets every promise that can settle do so. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}
