import { batch, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Reply } from "./call";
import { Trouble } from "./trouble";

/** The last known answer at a path. */
export interface Live<T> {
  value: ReadonlySignal<T | undefined>;
  /** Trouble of the last call, if it failed. */
  trouble: ReadonlySignal<Trouble | undefined>;
  /** Time of the last good answer, epoch milliseconds. */
  asOf: ReadonlySignal<number | undefined>;
}

interface Entry extends Live<unknown> {
  value: Signal<unknown>;
  trouble: Signal<Trouble | undefined>;
  asOf: Signal<number | undefined>;
  read: (text: string) => unknown;
  watchers: number;
  /** Least milliseconds between calls. */
  every: number;
  text?: string;
  etag?: string | null;
  failures: number;
  /** Milliseconds after which the last failure says to ask again. */
  retryAfter?: number;
  isAsking: boolean;
  /** True if it was to be asked while it was being asked: that answer may be too old. */
  isToAskAgain?: boolean;
  timer?: unknown;
}

export interface PollerEffects {
  send(path: string, init: { headers: Record<string, string> }): Promise<Reply>;
  now(): number;
  setTimer(task: () => void, milliseconds: number): unknown;
  clearTimer(timer: unknown): void;
  /** Milliseconds between calls while something moves, and while nothing does. */
  pace: { busy: number; calm: number };
}

/** Milliseconds without a change after which nothing moves. */
const calmAfter = 30_000;
/** Milliseconds without an answer after which that is said. */
const slowAfter = 5_000;
const longestPause = 10_000;
/** Milliseconds between calls from which on an answer hardly changes, and doesn't count for the page's age. */
const seldom = 300_000;
const mostEntries = 50;

/**
 * Asks the paths that are watched again and again, with the `ETag` of their last answers; not while it is held, nor
 * while the page is hidden.
 */
export class Poller {
  /** True while the person holds the page still. */
  readonly isHeld = signal(false);
  /** Oldest answer of those that are watched, less what hardly changes. */
  readonly asOf = signal<number | undefined>(undefined);
  /** Trouble of what is watched, if any; not that there is no such thing as the address names, which its page says. */
  readonly trouble = signal<Trouble | undefined>(undefined);
  private readonly entries = new Map<string, Entry>();
  private isHidden = false;
  private changedAt = 0;

  constructor(private readonly effects: PollerEffects) {}

  /** The live answer at a path; it is asked while it is watched. */
  live<T>(path: string, read: (text: string) => T): Live<T> {
    const known = this.entries.get(path);
    const entry = known ?? {
      ...{ value: signal<unknown>(undefined), trouble: signal<Trouble | undefined>(undefined) },
      ...{ asOf: signal<number | undefined>(undefined), read, watchers: 0, every: 0, failures: 0, isAsking: false },
    };
    if (!known) this.entries.set(path, entry);
    return entry as unknown as Live<T>;
  }

  /** Sets the least number of milliseconds between calls. */
  pace(path: string, every: number): void {
    this.entries.get(path)!.every = every;
  }

  /** Begins to ask; the returned function ends it. */
  watch(path: string): () => void {
    const entry = this.entries.get(path)!;
    entry.watchers++;
    if (entry.watchers === 1 && !this.isHidden) this.ask(path, entry);
    return () => {
      entry.watchers--;
      if (entry.watchers === 0) this.effects.clearTimer(entry.timer);
      this.summarise();
      const old = [...this.entries].filter(([, { watchers }]) => watchers === 0);
      for (const [key] of old.slice(0, Math.max(0, this.entries.size - mostEntries))) this.entries.delete(key);
    };
  }

  /** Forgets the answers that no page watches. */
  forget(): void {
    for (const [path, { watchers }] of this.entries) if (watchers === 0) this.entries.delete(path);
  }

  /** Asks all that is watched now. */
  refresh(): void {
    this.changedAt = this.effects.now();
    for (const [path, entry] of this.entries) if (entry.watchers > 0) this.ask(path, entry);
  }

  hold(isHeld: boolean): void {
    this.isHeld.value = isHeld;
    if (!isHeld) this.refresh();
  }

  setHidden(isHidden: boolean): void {
    this.isHidden = isHidden;
    if (!isHidden && !this.isHeld.value) this.refresh();
  }

  private ask(path: string, entry: Entry): void {
    this.effects.clearTimer(entry.timer);
    entry.isToAskAgain = entry.isAsking;
    if (entry.isAsking) return;
    entry.isAsking = true;
    const slow = this.effects.setTimer(() => {
      entry.trouble.value = new Trouble("slow", `The API has not answered for ${slowAfter / 1_000} s`);
      this.summarise();
    }, slowAfter);
    void this.askOnce(path, entry).finally(() => {
      this.effects.clearTimer(slow);
      entry.isAsking = false;
      this.summarise();
      if (entry.watchers === 0) return;
      if (entry.isToAskAgain) this.ask(path, entry);
      else this.schedule(path, entry);
    });
  }

  private async askOnce(path: string, entry: Entry): Promise<void> {
    try {
      const headers: Record<string, string> = entry.etag ? { "if-none-match": entry.etag } : {};
      const { text, etag } = await this.effects.send(path, { headers });
      const isChanged = text !== undefined && text !== entry.text;
      const value = isChanged ? entry.read(text) : entry.value.peek();
      batch(() => {
        entry.value.value = value;
        entry.asOf.value = this.effects.now();
        entry.trouble.value = undefined;
      });
      entry.failures = 0;
      if (!isChanged) return;
      if (entry.text !== undefined) this.changedAt = this.effects.now();
      entry.text = text;
      entry.etag = etag;
    } catch (error) {
      const trouble = error instanceof Trouble ? error : new Trouble("nonsense", (error as Error).message);
      // An API that is asked too often says when to come again: that is no trouble, if it is so once.
      entry.retryAfter = (trouble.retryAfterSeconds ?? 0) * 1_000;
      if (entry.failures++ > 0 || entry.retryAfter === 0) entry.trouble.value = trouble;
    }
  }

  private schedule(path: string, entry: Entry): void {
    entry.timer = this.effects.setTimer(() => {
      if (!this.isHeld.value && !this.isHidden) this.ask(path, entry);
    }, this.pauseOf(entry));
  }

  private pauseOf({ failures, every, retryAfter = 0 }: Entry): number {
    const { busy, calm } = this.effects.pace;
    if (failures > 0) {
      return Math.max(retryAfter, Math.min(longestPause, busy * 2 ** failures));
    }
    return Math.max(every, this.effects.now() - this.changedAt > calmAfter ? calm : busy);
  }

  private summarise(): void {
    const watched = [...this.entries.values()].filter(({ watchers }) => watchers > 0);
    const times = watched.flatMap(({ asOf, every }) => (every < seldom ? (asOf.peek() ?? []) : []));
    this.asOf.value = times.length > 0 ? Math.min(...times) : undefined;
    this.trouble.value = watched
      .filter(({ text, trouble }) => text !== undefined || trouble.peek()?.kind !== "problem")
      .map(({ trouble }) => trouble.peek())
      .find((trouble) => trouble !== undefined);
  }
}
