import { backoffSeconds } from "./backoff";
import { Clock, sleep } from "./clock";

/** Most messages that one call may ask for ("ReceiveMessage", Amazon SQS API Reference). */
const maxMessagesPerCall = 10;

/** First and longest pause after a receive that failed. */
const errorBackoff = { baseSeconds: 0.5, maxSeconds: 20 };

/** What the poller is handed; it knows nothing of queues or jobs. */
export interface PollerEffects<Message> {
  slots: number;
  /** Waits for at most so many messages; rejects promptly when the signal aborts. */
  fetch: (maxMessages: number, signal: AbortSignal) => Promise<Message[]>;
  /** Takes up a slot until it is settled. It handles its own errors. */
  onMessage: (message: Message) => Promise<void>;
  /** A fetch failed, for the nth time in a row, or `onMessage` rejected against its word. */
  onError: (error: unknown, failuresInARow: number) => void;
  clock: Clock;
  random: () => number;
}

/**
 * Keeps N slots busy: whenever some are free, it asks for as many messages, and never waits for the slowest.
 * `run` goes on until `stop`, and ends once every message that was fetched is done with.
 */
export class Poller<Message> {
  private readonly stopping = new AbortController();
  private readonly working = new Set<Promise<void>>();
  private onSlotFreed: () => void = () => undefined;
  private failures = 0;

  constructor(private readonly effects: PollerEffects<Message>) {}

  get busySlots(): number {
    return this.working.size;
  }

  async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const free = this.effects.slots - this.working.size;
      if (free > 0) await this.poll(Math.min(free, maxMessagesPerCall));
      else await this.slotFreed();
    }
    await Promise.all(this.working);
  }

  /** Fetches no more, at once; what is fetched goes on. */
  stop(): void {
    this.stopping.abort();
    this.onSlotFreed();
  }

  private async poll(maxMessages: number): Promise<void> {
    const { fetch, onError, clock, random } = this.effects;
    try {
      const messages = await fetch(maxMessages, this.stopping.signal);
      this.failures = 0;
      for (const message of messages) this.work(message);
    } catch (error) {
      if (this.stopping.signal.aborted) return;
      this.failures++;
      onError(error, this.failures);
      const pause = backoffSeconds(this.failures, { ...errorBackoff, random });
      // At least a little: full jitter may give nothing, and a call that fails at once would spin.
      await sleep(clock, Math.max(50, pause * 1000), this.stopping.signal);
    }
  }

  private work(message: Message): void {
    const done = this.guarded(message).finally(() => {
      this.working.delete(done);
      this.onSlotFreed();
    });
    this.working.add(done);
  }

  private async guarded(message: Message): Promise<void> {
    try {
      await this.effects.onMessage(message);
    } catch (error) {
      this.effects.onError(error, 0);
    }
  }

  private slotFreed(): Promise<void> {
    return new Promise((resolve) => {
      this.onSlotFreed = () => {
        this.onSlotFreed = () => undefined;
        resolve();
      };
    });
  }
}
