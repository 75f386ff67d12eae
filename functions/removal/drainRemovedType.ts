import { isObject, jsonOf } from "../../contract/check";
import { limits } from "../../contract/limits";
import type { Log } from "../../contract/log";
import { attributes, stringAttributes } from "../../contract/messages/attributes";
import { type Inbox, type QueuedMessage, removeAll } from "../shared/messages/inbox";
import { unroutableMessage } from "../shared/messages/queueMessage";
import { createSendMessages, type SendMessagesEffects } from "../shared/messages/sendMessages";
import type { RunContext } from "../shared/runtime";

export interface DrainEffects extends SendMessagesEffects {
  /** True if the type is in the type table, read consistently. */
  isListed: (type: string) => Promise<boolean>;
  inbox: Pick<Inbox, "receive" | "remove">;
  /** Number of a queue's messages, hidden ones included. */
  count: (queueUrl: string) => Promise<number>;
  unroutableQueueUrl: string;
  /** Epoch milliseconds. */
  now: () => number;
  log: Log;
}

/** Outcome of a call. */
export interface Drained {
  moved: number;
}

interface Removal {
  type: string;
  queueUrls: string[];
}

/** Seconds that a message that could not be moved stays hidden. */
const hideSeconds = 30;

const pauseMilliseconds = 1_000;

/** Time left for the current message: the sends' tries, and its deletion. */
const reserveMilliseconds = 25_000;

/** Concurrent readers per queue; one moves a few hundred messages a second. */
const readers = 10;

/**
 * Empties the queues of a removed job type into the unroutable queue. Called at every change of the resource that
 * stands for this; it does nothing except at its deletion, and nothing while the type is still in the type table: a
 * replaced resource is deleted too.
 *
 * It goes on for as long as functions may cache the type, and while there are hidden messages. Throws if its
 * time is too short for that: the queues must stay then.
 */
export function createDrainRemovedType(
  effects: DrainEffects,
): (event: unknown, context: RunContext) => Promise<Drained> {
  const { isListed, inbox, count, unroutableQueueUrl, now, pause, log } = effects;
  const sendMessages = createSendMessages(effects);

  async function move(type: string, queueUrl: string, messages: QueuedMessage[]): Promise<void> {
    const unroutable = messages.map(({ body, attributes: texts }) => {
      const reason = texts[attributes.reason] ?? `The processor of jobs of type ${type} was removed`;
      const failedAt = texts[attributes.failedAt] ?? new Date(now()).toISOString();
      const message = unroutableMessage({ text: body, source: jsonOf(body), reason }, unroutableQueueUrl, failedAt);
      const attempt = stringAttributes({ [attributes.attempt]: texts[attributes.attempt] });
      return { ...message, attributes: { ...message.attributes, ...attempt } };
    });
    const [unsent] = await sendMessages(unroutable);
    if (unsent) throw unsent.error;
    await removeAll(inbox, queueUrl, messages);
    for (const { id } of unroutable)
      log("warn", "job-unroutable", { jobId: id, jobType: type, reason: "its type was removed" });
  }

  async function empty(type: string, queueUrl: string, hasTime: () => boolean): Promise<number> {
    let moved = 0;
    const read = async (): Promise<void> => {
      while (hasTime()) {
        const messages = await inbox.receive(queueUrl, hideSeconds);
        if (messages.length === 0) return;
        await move(type, queueUrl, messages);
        moved += messages.length;
      }
    };
    // If one reader fails, the others still finish what they have begun.
    const results = await Promise.allSettled(Array.from({ length: readers }, read));
    for (const result of results) if (result.status === "rejected") throw result.reason;
    return moved;
  }

  return async function drainRemovedType(event, context) {
    const removal = readRemoval(event);
    if (!removal || (await isListed(removal.type))) return { moved: 0 };
    const { type, queueUrls } = removal;
    const hasTime = () => context.getRemainingTimeInMillis() > reserveMilliseconds;
    const forgottenAt = now() + limits.typeCacheSeconds * 1_000;
    let moved = 0;
    for (let looksWithoutAny = 0; ;) {
      for (const url of queueUrls) moved += await empty(type, url, hasTime);
      const left = (await Promise.all(queueUrls.map(count))).reduce((sum, each) => sum + each, 0);
      looksWithoutAny = left === 0 ? looksWithoutAny + 1 : 0;
      // Twice, since SQS's counts are approximate.
      if (looksWithoutAny >= 2 && now() >= forgottenAt) break;
      if (!hasTime()) throw new Error(unfinished(type, moved, left));
      await pause(pauseMilliseconds);
    }
    log("info", "removed-type-drained", { jobType: type, moved });
    return { moved };
  };
}

function unfinished(type: string, moved: number, left: number): string {
  return (
    `Expected the queues of the removed type ${type} to become empty, got ${left} messages that are hidden, held back or ` +
    `yet to be moved, after ${moved} that were. Their queues stay: run the update once more in a while`
  );
}

/** Undefined if no type is being removed. */
function readRemoval(event: unknown): Removal | undefined {
  if (!isObject(event) || !isObject(event.tf) || typeof event.tf.action !== "string") {
    throw new Error("Expected a call at a turn of a resource's life, got one without `tf.action`");
  }
  if (event.tf.action !== "delete") return undefined;
  const { type, queueUrls } = event;
  if (typeof type !== "string" || !Array.isArray(queueUrls)) throw new Error("Expected `type` and `queueUrls`");
  return { type, queueUrls: queueUrls.map(String) };
}
