import { type Clock } from "./clock";

/** Outcome of one entry of a batch that the service took: undefined if it worked, else the error. */
export type EntryFailure = Error | undefined;

/** The outcomes of a batch's entries, whose ids are their indexes; errors are named like those of a single call. */
export function entryFailures(count: number, failed: FailedEntry[] = []): EntryFailure[] {
  const failures = new Array<EntryFailure>(count).fill(undefined);
  for (const { Id, Code = "BatchEntryFailed", Message, SenderFault } of failed) {
    const name = Code.replace(/^AWS\.SimpleQueueService\./, "");
    const $metadata = { httpStatusCode: SenderFault === false ? 503 : 400 };
    failures[Number(Id)] = Object.assign(new Error(Message ?? `The entry failed with ${name}`), { name, $metadata });
  }
  return failures;
}

/** An entry that SQS or SNS refused. */
type FailedEntry = Partial<Record<"Id" | "Code" | "Message", string>> & { SenderFault?: boolean };

export interface BatcherEffects<Entry> {
  /** Sends up to `maxEntries` at once; resolves with each entry's outcome, in order, or rejects if the call failed. */
  send: (entries: Entry[]) => Promise<EntryFailure[]>;
  clock: Clock;
  /** Entries per call, at most. */
  maxEntries: number;
  /** Longest time that an entry waits to share a batch, unless it is added with another. */
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
  private dueAt = Infinity;
  private readonly sending = new Set<Promise<void>>();
  private cancelTimer: () => void = () => undefined;

  constructor(private readonly effects: BatcherEffects<Entry>) {}

  /** Settles as the entry itself does, whatever happens to the others of its batch. */
  add(entry: Entry, waitMilliseconds = this.effects.maxWaitMilliseconds): Promise<void> {
    return new Promise((resolve, reject) => {
      const count = this.waiting.push({ entry, resolve, reject });
      const { clock, maxEntries } = this.effects;
      const dueAt = clock.now() + waitMilliseconds;
      if (count === maxEntries) void this.flush();
      else if (dueAt < this.dueAt) {
        this.cancelTimer();
        this.dueAt = dueAt;
        this.cancelTimer = clock.after(waitMilliseconds, () => void this.flush());
      }
    });
  }

  /** Sends what waits; resolves once no call is running. Never rejects. */
  async flush(): Promise<void> {
    this.cancelTimer();
    this.dueAt = Infinity;
    const batch = this.waiting;
    this.waiting = [];
    if (batch.length > 0) {
      const sent = this.sendBatch(batch).finally(() => this.sending.delete(sent));
      this.sending.add(sent);
    }
    await Promise.all(this.sending);
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
