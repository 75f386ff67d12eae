import { setTimeout as sleep } from "node:timers/promises";
import type { AuthorizationOptions } from "../connection/authorization";
import { inParallel } from "../inParallel";
import type { JobType } from "../job";
import { type DeadLetter, DeadLetterQueue, type ReceivedDeadLetter } from "./deadLetterQueue";
import { loadSqs, type Sqs } from "./sqs";

export interface DeadLetterSelection {
  /** Only of this job type. @default - of all */
  type?: string;
  /** Only these jobs, by id; for messages that are no jobs, by message id. @default - all */
  ids?: readonly string[];
  /** Ends the call; messages that it has not reached yet stay as they are. */
  signal?: AbortSignal;
}

export interface RedriveOptions extends DeadLetterSelection {
  /** Messages sent back per second, at most, from 0.1. @default - as fast as SQS takes them */
  ratePerSecond?: number;
  /** Called with the number of messages sent back so far. */
  onProgress?: (count: number) => void;
}

/** Dead letters that were found. */
export interface DeadLetterPage {
  deadLetters: DeadLetter[];
  /** Approximate number of further messages. */
  more: number;
}

export interface DeadLetterOutcome {
  /** Messages sent back, or removed. */
  count: number;
  /** Requested ids that were not found. */
  missing: string[];
  /**
   * Approximate number of messages that another consumer holds hidden, and that therefore stay: try again in a minute
   * or two.
   */
  hidden: number;
}

const batchSize = 10;
const queuesAtOnce = 10;

/**
 * The jobs that failed for good, in the dead-letter queues of their types. For operators, with their own AWS
 * credentials: it goes straight to SQS, whose queues `GET /types` names.
 *
 * SQS shows messages only to their receiver, so messages that are read are hidden from others for a while.
 */
export class DeadLetters {
  private readonly sqs = new Map<string, Promise<Sqs>>();

  constructor(
    private readonly types: (signal?: AbortSignal) => Promise<JobType[]>,
    /** The API whose types these are. */
    private readonly api: () => { url: URL; credentials?: AuthorizationOptions["credentials"] },
  ) {}

  /** Reads dead letters, and leaves them in the queue. */
  async list({ limit = 100, ...selection }: DeadLetterSelection & { limit?: number } = {}): Promise<DeadLetterPage> {
    const pages = await inParallel(await this.queues(selection), queuesAtOnce, async (queue) => {
      const found: DeadLetter[] = [];
      const { visible, hidden } = await queue.count();
      await walk(queue, selection, Math.min(batchSize, limit), (letters) => {
        found.push(...letters.map(({ letter }) => letter));
        return Promise.resolve({ settled: [], isEnough: found.length >= limit });
      });
      return { found, count: Math.max(found.length, visible + hidden) };
    });
    const deadLetters = pages.flatMap(({ found }) => found).slice(0, limit);
    const count = pages.reduce((sum, page) => sum + (selection.ids ? page.found.length : page.count), 0);
    return { deadLetters, more: count - deadLetters.length };
  }

  /** Sends messages back to their type's queue: the jobs run again under their ids, and attempts count from zero. */
  async redrive(options: RedriveOptions = {}): Promise<DeadLetterOutcome> {
    const { ratePerSecond = Infinity, onProgress, signal } = options;
    if (!(ratePerSecond >= 0.1)) throw new RangeError(`Expected ratePerSecond from 0.1 up, got ${ratePerSecond}`);
    const start = performance.now();
    const gone = new Set<string>();
    let count = 0;
    // Few enough that the messages received last don't become visible before their turn.
    const ask = Math.max(1, Math.min(batchSize, Math.floor(ratePerSecond * batchSize)));
    return this.settle(
      options,
      { ask, atOnce: ratePerSecond < Infinity ? 1 : queuesAtOnce },
      async (queue, letters) => {
        // A job that failed again meanwhile must not go round for ever.
        const fresh = letters.filter(({ letter }) => !gone.has(letter.id ?? letter.messageId));
        const portion = Math.max(1, Math.min(batchSize, Math.floor(ratePerSecond)));
        for (let index = 0; index < fresh.length; index += portion) {
          const wait = start + (count / ratePerSecond) * 1_000 - performance.now();
          if (wait > 0) await sleep(wait, undefined, { signal });
          const now = fresh.slice(index, index + portion);
          await queue.redrive(now);
          for (const { letter } of now) gone.add(letter.id ?? letter.messageId);
          count += now.length;
          onProgress?.(count);
        }
        return fresh;
      },
    );
  }

  /** Removes dead letters for good. Their jobs' records stay. */
  async purge(selection: DeadLetterSelection = {}): Promise<DeadLetterOutcome> {
    if (selection.ids) {
      return this.settle(selection, { ask: batchSize, atOnce: queuesAtOnce }, async (queue, letters) => {
        await queue.remove(letters);
        return letters;
      });
    }
    let count = 0;
    for (const queue of await this.queues(selection)) {
      const { visible, hidden } = await queue.count();
      await queue.purge();
      count += visible + hidden;
    }
    return { count, missing: [], hidden: 0 };
  }

  private async settle(
    selection: DeadLetterSelection,
    { ask, atOnce }: { ask: number; atOnce: number },
    treat: (queue: DeadLetterQueue, letters: ReceivedDeadLetter[]) => Promise<ReceivedDeadLetter[]>,
  ): Promise<DeadLetterOutcome> {
    const found = new Set<string>();
    let count = 0;
    let hidden = 0;
    await inParallel(await this.queues(selection), atOnce, async (queue) => {
      const before = await queue.count();
      const seen = await walk(queue, selection, ask, async (letters) => {
        const settled = await treat(queue, letters);
        count += settled.length;
        for (const { letter } of letters) for (const name of namesOf(letter)) found.add(name);
        return { settled, isEnough: selection.ids?.every((id) => found.has(id)) ?? false };
      });
      hidden += Math.max(0, before.visible + before.hidden - seen);
    });
    const missing = (selection.ids ?? []).filter((id) => !found.has(id));
    return { count, missing, hidden: selection.ids && missing.length === 0 ? 0 : hidden };
  }

  private async queues({ type, signal }: DeadLetterSelection): Promise<DeadLetterQueue[]> {
    const types = (await this.types(signal)).filter((each) => type === undefined || each.type === type);
    if (type !== undefined && types.length === 0) throw new Error(`There is no job type ${JSON.stringify(type)}`);
    return Promise.all(
      types.map(async ({ type: name, queueUrl, deadLetterQueueUrl }) => {
        if (!queueUrl || !deadLetterQueueUrl) throw new Error(`The API doesn't say which queues type ${name} has`);
        return new DeadLetterQueue(await this.sqsOf(deadLetterQueueUrl), name, queueUrl, deadLetterQueueUrl);
      }),
    );
  }

  private sqsOf(queueUrl: string): Promise<Sqs> {
    const { origin } = new URL(queueUrl);
    const { url, credentials } = this.api();
    const sqs = this.sqs.get(origin) ?? loadSqs(queueUrl, url, credentials);
    this.sqs.set(origin, sqs);
    return sqs;
  }
}

/** Names that a caller may use for a dead letter. */
function namesOf({ id, messageId }: DeadLetter): string[] {
  return id === undefined ? [messageId] : [id, messageId];
}

/**
 * Receives a queue's messages, passes those selected to `treat`, and releases all that it did not settle: at the end,
 * so that it sees none twice. Returns the number it saw.
 */
async function walk(
  queue: DeadLetterQueue,
  { ids, signal }: DeadLetterSelection,
  ask: number,
  treat: (letters: ReceivedDeadLetter[]) => Promise<{ settled: ReceivedDeadLetter[]; isEnough: boolean }>,
): Promise<number> {
  const seen = new Set<string>();
  const kept: ReceivedDeadLetter[] = [];
  try {
    for (;;) {
      signal?.throwIfAborted();
      const received = await queue.receive(ask, signal);
      kept.push(...received);
      const fresh = received.filter(({ letter }) => !seen.has(letter.messageId));
      // None left, or the released ones come round again.
      if (fresh.length === 0) break;
      for (const { letter } of fresh) seen.add(letter.messageId);
      const chosen = fresh.filter(({ letter }) => !ids || namesOf(letter).some((name) => ids.includes(name)));
      const { settled, isEnough } = chosen.length > 0 ? await treat(chosen) : { settled: [], isEnough: false };
      for (const held of settled) kept.splice(kept.indexOf(held), 1);
      if (isEnough) break;
    }
  } finally {
    await queue.release(kept);
  }
  return seen.size;
}
