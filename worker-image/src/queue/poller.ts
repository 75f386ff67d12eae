import { setMaxListeners } from "node:events";
import { backoffSeconds } from "../support/backoff";
import { Clock } from "../support/clock";

/** Most messages that one call may ask for ("ReceiveMessage", Amazon SQS API Reference). */
const maxMessagesPerCall = 10;

/** Fetches under way at the same time, at most: full ones bring 5,000 messages a second at 20 ms each. */
const maxFetches = 10;

/** Messages whose slot is free again and which are still being settled, at most; beyond it no new one is begun. */
const maxSettling = 100;

/** First and longest pause after a receive that failed, or after a message that could not be taken. */
const errorBackoff = { baseSeconds: 0.5, maxSeconds: 20 };

/** What a message tells of its slot, while it has it. */
export interface SlotEvents {
  /** Nothing keeps the message from being worked on. */
  onTaken: () => void;
  /** The slot can be given to another message. */
  free: () => void;
  /**
   * Has no other message worked on until `endAlone`: resolves with true once that is so; several that ask for it take turns.
   * With false where others are worked on and it is not to be waited for them.
   */
  beAlone: (waitsForOthers: boolean) => Promise<boolean>;
  endAlone: () => void;
}

/** Why no message can be taken now. */
export interface Untaken {
  error: unknown;
}

/** What the poller is handed; it knows nothing of queues or jobs. */
export interface PollerEffects<Message> {
  slots: number;
  /** Messages fetched ahead of free slots. */
  prefetch: number;
  /** Waits for at most so many messages; rejects promptly when the signal aborts. */
  fetch: (maxMessages: number, signal: AbortSignal) => Promise<Message[]>;
  /** A message has to wait for a slot; `onMessage` or `onLeftOver` follows. */
  onWait: (message: Message) => void;
  /**
   * Takes up a slot until it is settled, or until it frees the slot before that. It handles its own errors, and says by
   * `onTaken` that it could begin; what it resolves with is why it could not, if that would befall any message now.
   */
  onMessage: (message: Message, slot: SlotEvents) => Promise<Untaken | undefined | void>;
  /** The message came too late to be begun. */
  onLeftOver: (message: Message) => Promise<void>;
  /** A fetch failed, or a message was not taken, for the nth time in a row, or `onMessage` or `onLeftOver` rejected. */
  onError: (error: unknown, failuresInARow: number) => void;
  clock: Clock;
  random: () => number;
}

/**
 * Keeps N slots busy: whenever some are free, it asks for as many messages and the prefetch, and never waits for the
 * slowest. Several fetches run side by side while they bring messages; on an empty queue one waits for all slots.
 * `run` goes on until `stop`, and ends once every message that was fetched is done with.
 */
export class Poller<Message> {
  private readonly stopping = new AbortController();
  private readonly working = new Set<Promise<void>>();
  private readonly waiting: Message[] = [];
  private busy = 0;
  private fetches = 0;
  /** Messages that the fetches under way may bring. */
  private asked = 0;
  /** Fetches that may run side by side: one more with each that comes back well filled, one after an empty one. */
  private width = 1;
  /** In a row, of each kind. */
  private readonly failures = { fetch: 0, take: 0 };
  /** Messages in slots that have yet to tell whether they could be taken. */
  private undecided = 0;
  /** Whether messages are to be worked on alone: then no other is begun or asked for. */
  private isReserved = false;
  private readonly aloneInLine = new Set<object>();
  private readonly changes: (() => void)[] = [];
  private cancelPause?: () => void;
  private onEnded: () => void = () => undefined;

  constructor(private readonly effects: PollerEffects<Message>) {
    // Each fetch listens for the stop: many at a time, which is no leak.
    setMaxListeners(0, this.stopping.signal);
  }

  /** Whether messages are worked on one at a time, each alone. */
  get isAlone(): boolean {
    return this.isReserved;
  }

  get busySlots(): number {
    return this.busy;
  }

  /** Messages fetched and not done with: those that wait, those in slots, and those being settled. */
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

  /** Fetches and begins no more, at once; what is in a slot goes on. */
  stop(): void {
    this.stopping.abort();
    this.cancelPause?.();
    for (const message of this.waiting.splice(0)) this.leave(message);
    this.endIfDone();
  }

  /** Begins what waits, as far as slots are free, and asks for more. */
  private advance(): void {
    if (this.stopping.signal.aborted) return this.endIfDone();
    while (this.waiting.length > 0 && this.canBegin()) this.begin(this.waiting.shift()!);
    for (let count = this.wanted(); count > 0; count = this.wanted()) void this.fetch(count);
  }

  private canBegin(): boolean {
    const { slots } = this.effects;
    return !this.isReserved && this.busy < slots && this.working.size < slots + maxSettling;
  }

  /** As many messages as the next fetch shall ask for; 0 for no fetch now. */
  private wanted(): number {
    const { slots, prefetch } = this.effects;
    if (this.cancelPause || this.isReserved || this.fetches >= this.width) return 0;
    // One at a time until one is taken: each that is not has been delivered in vain.
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
      else if (messages.length * 2 >= maxMessages) this.width = Math.min(maxFetches, this.width + 1);
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

  /** What fails while the pause lasts belongs to the same failure. */
  private onFailure(kind: "fetch" | "take", error: unknown): void {
    if (this.stopping.signal.aborted || this.cancelPause) return;
    const failures = ++this.failures[kind];
    const { onError, clock, random } = this.effects;
    onError(error, failures);
    // At least a little: full jitter may give nothing, and a call that fails at once would spin.
    const pause = Math.max(50, backoffSeconds(failures, { ...errorBackoff, random }) * 1000);
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

  /** Messages that are to be the only one wait for each other, and count as work for nobody else. */
  private async beAlone(waitsForOthers: boolean): Promise<boolean> {
    if (this.stopping.signal.aborted) return false;
    const others = () => this.working.size - this.aloneInLine.size;
    const turn = {};
    this.aloneInLine.add(turn);
    // What came with it may be to run alone as well, and is no reason to put each other off.
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
