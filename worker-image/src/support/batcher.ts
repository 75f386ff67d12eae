import { Clock } from "./clock";

/** Outcome of one entry of a batch that the service took: undefined if it worked, else the error. */
export type EntryFailure = Error | undefined;

export interface BatcherEffects<Entry> {
  /** Sends up to `maxEntries` at once; resolves with each entry's outcome, in order, or rejects if the call failed. */
  send: (entries: Entry[]) => Promise<EntryFailure[]>;
  clock: Clock;
  /** Entries per call, at most. */
  maxEntries: number;
  /** Longest time that an entry waits to share a batch. */
  maxWaitMilliseconds: number;
}

interface Waiting<Entry> {
  entry: Entry;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** Gathers single calls into batches: one is sent when it is full, or when its first entry has waited long enough. */
export class Batcher<Entry> {
  private waiting: Waiting<Entry>[] = [];
  private cancelTimer: () => void = () => undefined;

  constructor(private readonly effects: BatcherEffects<Entry>) {}

  /** Settles as the entry itself does, whatever happens to the others of its batch. */
  add(entry: Entry): Promise<void> {
    return new Promise((resolve, reject) => {
      const count = this.waiting.push({ entry, resolve, reject });
      const { clock, maxEntries, maxWaitMilliseconds } = this.effects;
      if (count === maxEntries) this.flush();
      else if (count === 1) this.cancelTimer = clock.after(maxWaitMilliseconds, () => this.flush());
    });
  }

  private flush(): void {
    this.cancelTimer();
    const batch = this.waiting;
    this.waiting = [];
    void this.sendBatch(batch);
  }

  /** Never rejects: each entry's caller gets its failure. */
  private async sendBatch(batch: Waiting<Entry>[]): Promise<void> {
    try {
      const failures = await this.effects.send(batch.map(({ entry }) => entry));
      batch.forEach(({ resolve, reject }, index) => {
        const failure = failures[index];
        if (failure) reject(failure);
        else resolve();
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
