import { type Clock } from "../support/clock";

/** Vital signs of a worker, for decisions about its instance: since when it is idle, or can't reach its queue. */
export class Vitals {
  private working = 0;
  private quietSince: number;
  private failing?: number;

  constructor(private readonly clock: Clock) {
    this.quietSince = clock.now();
  }

  /** Time since which it has no message, epoch milliseconds; undefined while it has one. */
  get idleSince(): number | undefined {
    return this.working === 0 ? this.quietSince : undefined;
  }

  /** Time since which every receive has failed, epoch milliseconds; undefined while they work. */
  get failingSince(): number | undefined {
    return this.failing;
  }

  /** Watches a receive. */
  async fetch<T>(receive: () => Promise<T>, signal: AbortSignal): Promise<T> {
    try {
      const received = await receive();
      this.failing = undefined;
      return received;
    } catch (error) {
      if (!signal.aborted) this.failing ??= this.clock.now();
      throw error;
    }
  }

  /** Watches the work on a message. */
  async work<T>(process: () => Promise<T>): Promise<T> {
    this.working++;
    try {
      return await process();
    } finally {
      this.working--;
      this.quietSince = this.clock.now();
    }
  }
}
