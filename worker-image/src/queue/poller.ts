import { setMaxListeners } from "node:events";
import { backoffSeconds } from "../support/backoff";
import { type Clock } from "../support/clock";

/** Most messages of one call ("ReceiveMessage", Amazon SQS API Reference). */
const maxMessagesPerCall = 10;

/** Concurrent fetches, at most: full ones bring 5,000 messages a second at 20 ms each. */
const maxFetches = 10;

/** Messages being settled after their slot is free, at most; beyond it no new one begins. */
const maxSettling = 100;

/** First and longest pause after a failed receive, or after a message that could not be taken. */
const errorBackoff = { baseSeconds: 0.5, maxSeconds: 20 };

/** A message's calls about its slot, while it has one. */
export interface SlotEvents {
  /** The message can be processed. */
  onTaken: () => void;
  /** The slot can be given to another message. */
  free: () => void;
  /**
   * Stops all other messages until `endAlone`: resolves with true once the message is alone; several that ask for it
   * take turns. Resolves with false if others are running and `waitsForOthers` is false.
   */
  beAlone: (waitsForOthers: boolean) => Promise<boolean>;
  endAlone: () => void;
}

/** Reason why no message can be taken now. */
export interface Untaken {
  error: unknown;
}

/** Dependencies of the poller; it knows nothing of queues or jobs. */
export interface PollerEffects<Message> {
  slots: number;
  /** Messages fetched ahead of free slots. */
  prefetch: number;
  /** Waits for messages, at most the given number; rejects promptly when the signal aborts. */
  fetch: (maxMessages: number, signal: AbortSignal) => Promise<Message[]>;
  /** A message has to wait for a slot; `onMessage` or `onLeftOver` follows. */
  onWait: (message: Message) => void;
  /**
   * Occupies a slot until it is settled, or frees the slot itself. It handles its own errors, and calls
   * `onTaken` once it could begin; it resolves with the reason why it could not, if any message would fail now for it.
   */
  onMessage: (message: Message, slot: SlotEvents) => Promise<Untaken | undefined | void>;
  /** The message came too late to begin. */
  onLeftOver: (message: Message) => Promise<void>;
  /** A fetch failed, or a message was not taken, for the nth time in a row, or `onMessage` or `onLeftOver` rejected. */
  onError: (error: unknown, failuresInARow: number) => void;
  clock: Clock;
  random: () => number;
}

/**
 * Keeps N slots busy: whenever some are free, it fetches as many messages plus the prefetch, and never waits for the
 * slowest. Several fetches run side by side while they bring messages; on an empty queue one waits for all slots.
 * `run` goes on until `stop`, and ends once every fetched message is done.
 */
export class Poller<Message> {
  private readonly stopping = new AbortController();
  private readonly working = new Set<Promise<void>>();
  private readonly waiting: Message[] = [];
  private busy = 0;
  private fetches = 0;
  /** Messages that the running fetches may bring. */
  private asked = 0;
  /** Concurrent fetches allowed: one more with each that comes back more than half full, one after an empty one. */
  private width = 1;
  /** Failures in a row, of each kind. */
  private readonly failures = { fetch: 0, take: 0 };
  /** Messages in slots that are not known to be taken yet. */
  private undecided = 0;
  /** True if a message is to run alone: then no other begins or is fetched. */
  private isReserved = false;
  private readonly aloneInLine = new Set<object>();
  private readonly changes: (() => void)[] = [];
  private cancelPause?: () => void;
  private onEnded: () => void = () => undefined;

  constructor(private readonly effects: PollerEffects<Message>) {
    // Each fetch listens for the stop: many at a time, which is no leak.
    setMaxListeners(0, this.stopping.signal);
  }

  /** True if messages run one at a time, each alone. */
  get isAlone(): boolean {
    return this.isReserved;
  }

  get busySlots(): number {
    return this.busy;
  }

  /** Messages fetched and not done: those that wait, those in slots, and those being settled. */
  get unfinished(): number {
    return this.waiting.length + this.working.size;
  }

  async run(): Promise<void> {
    this.advance();
    await new Promise<void>((resolve) => {
      this.onEnded = resolve;
      this.endIfDone();
    });
  }

  /** Stops fetching and beginning at once; messages in slots go on. */
  stop(): void {
    this.stopping.abort();
    this.cancelPause?.();
    for (const message of this.waiting.splice(0)) this.leave(message);
    this.endIfDone();
  }

  /** Begins waiting messages, as far as slots are free, and fetches more. */
  private advance(): void {
    if (this.stopping.signal.aborted) return this.endIfDone();
    while (this.waiting.length > 0 && this.canBegin()) this.begin(this.waiting.shift()!);
    for (let count = this.wanted(); count > 0; count = this.wanted()) void this.fetch(count);
  }

  private canBegin(): boolean {
    const { slots } = this.effects;
    return !this.isReserved && this.busy < slots && this.working.size < slots + maxSettling;
  }

  /** Size of the next fetch; 0 for no fetch now. */
  private wanted(): number {
    const { slots, prefetch } = this.effects;
    if (this.cancelPause || this.isReserved || this.fetches >= this.width) return 0;
    // One at a time until one is taken: each that is not was delivered in vain.
    const isTrying = this.failures.take > 0;
    if (isTrying && this.fetches + this.undecided + this.waiting.length > 0) return 0;
    if (this.working.size >= slots + maxSettling) return 0;
    const inSight = this.busy + this.waiting.length + this.asked;
    const room = slots + prefetch - inSight;
    // A free slot is filled at once; the prefetch can wait until a call is worth its price.
    const worthwhile = inSight < slots ? 1 : Math.min(maxMessagesPerCall, Math.ceil(prefetch / 2));
    return room >= worthwhile ? Math.min(room, isTrying ? 1 : maxMessagesPerCall) : 0;
  }

  private async fetch(maxMessages: number): Promise<void> {
    this.fetches++;
    this.asked += maxMessages;
    let messages: Message[] = [];
    try {
      messages = await this.effects.fetch(maxMessages, this.stopping.signal);
      this.failures.fetch = 0;
      if (messages.length === 0) this.width = 1;
      else if (messages.length * 2 > maxMessages) this.width = Math.min(maxFetches, this.width + 1);
    } catch (error) {
      this.onFailure("fetch", error);
    }
    this.fetches--;
    this.asked -= maxMessages;
    for (const message of messages) this.take(message);
    this.advance();
  }

  private take(message: Message): void {
    if (this.stopping.signal.aborted || this.isReserved) return this.leave(message);
    if (this.waiting.length === 0 && this.canBegin()) return this.begin(message);
    this.waiting.push(message);
    this.effects.onWait(message);
  }

  /** Failures during the pause belong to the same failure. */
  private onFailure(kind: "fetch" | "take", error: unknown): void {
    if (this.stopping.signal.aborted || this.cancelPause) return;
    const failures = ++this.failures[kind];
    const { onError, clock, random } = this.effects;
    onError(error, failures);
    // At least a little: full jitter may be zero, and a call that fails at once would spin.
    const pause = Math.max(50, backoffSeconds(failures, { ...errorBackoff, random }) * 1_000);
    this.cancelPause = clock.after(pause, () => {
      this.cancelPause = undefined;
      this.advance();
    });
  }

  private begin(message: Message): void {
    this.busy++;
    this.undecided++;
    const freeSlot = once(() => this.busy--);
    const decide = once(() => {
      this.undecided--;
      this.changed();
    });
    const work = this.effects.onMessage(message, {
      onTaken: () => {
        decide();
        if (this.failures.take === 0) return;
        this.failures.take = 0;
        this.advance();
      },
      free: () => {
        freeSlot();
        this.advance();
      },
      beAlone: (waitsForOthers) => this.beAlone(waitsForOthers),
      endAlone: () => this.endAlone(),
    });
    const judged = work.then((untaken) => {
      if (untaken) this.onFailure("take", untaken.error);
    });
    this.track(judged, () => {
      decide();
      freeSlot();
    });
  }

  /** Messages that must run alone wait for each other, and count as work for no other. */
  private async beAlone(waitsForOthers: boolean): Promise<boolean> {
    if (this.stopping.signal.aborted) return false;
    const others = () => this.working.size - this.aloneInLine.size;
    const turn = {};
    this.aloneInLine.add(turn);
    // A message of the same fetch may have to run alone as well, which is no reason to defer each other.
    const mayBeFree = () => this.undecided > 0 && others() === this.undecided;
    while (!waitsForOthers && !this.isReserved && mayBeFree()) await this.change();
    if (others() > 0 && !waitsForOthers && !this.isReserved) {
      this.aloneInLine.delete(turn);
      return false;
    }
    this.isReserved = true;
    for (const message of this.waiting.splice(0)) this.leave(message);
    const isNext = () => [...this.aloneInLine][0] === turn;
    while (others() > 0 || !isNext()) await this.change();
    return true;
  }

  private endAlone(): void {
    const [turn] = this.aloneInLine;
    if (turn) this.aloneInLine.delete(turn);
    this.isReserved = this.aloneInLine.size > 0;
    this.changed();
    this.advance();
  }

  private change(): Promise<void> {
    return new Promise((resolve) => this.changes.push(resolve));
  }

  private changed(): void {
    for (const tell of this.changes.splice(0)) tell();
  }

  private leave(message: Message): void {
    this.track(this.effects.onLeftOver(message));
  }

  private track(work: Promise<void>, onDone: () => void = () => undefined): void {
    const done = work
      .catch((error: unknown) => this.effects.onError(error, 0))
      .finally(() => {
        onDone();
        this.working.delete(done);
        this.changed();
        this.advance();
      });
    this.working.add(done);
  }

  private endIfDone(): void {
    if (this.stopping.signal.aborted && this.fetches === 0 && this.unfinished === 0) this.onEnded();
  }
}

function once(action: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    action();
  };
}
