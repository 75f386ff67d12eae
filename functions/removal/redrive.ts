import { isObject } from "../../contract/check";
import { definedFields } from "../../contract/definedFields";
import { limits } from "../../contract/limits";
import { errorFields, type Log } from "../../contract/log";
import { attributes, stringAttributes } from "../../contract/messages/attributes";
import { decodeEnvelope, encodeEnvelope } from "../../contract/messages/envelope";
import { type Redrive, type RedriveOutcomes, redriveSeconds } from "../../contract/messages/redrive";
import type { JobRecord } from "../../contract/records/record";
import { recordAsRead } from "../../contract/records/recordAsRead";
import { chunksOf } from "../shared/chunksOf";
import { mapLimited } from "../shared/mapLimited";
import { type Inbox, type QueuedMessage, removeAll } from "../shared/messages/inbox";
import type { QueueMessage } from "../shared/messages/queueMessage";
import { createSendMessages, type SendMessagesEffects } from "../shared/messages/sendMessages";
import type { RequeueRecord } from "../shared/tables/requeueRecord";

/** The records of redriven jobs. */
export interface RequeuedRecords {
  read(id: string): Promise<JobRecord | undefined>;
  requeue: RequeueRecord;
}

export interface RedriveEffects extends SendMessagesEffects {
  /** Reads the type's queues consistently. */
  queuesOf: (type: string) => Promise<{ queueUrl: string; deadLetterQueueUrl: string } | undefined>;
  inbox: Inbox;
  /** Approximate number of a queue's hidden messages. */
  countHidden: (queueUrl: string) => Promise<number>;
  records: RequeuedRecords;
  /** Reports to the scaler how many jobs were just sent. */
  nudge: (sent: Record<string, number>) => Promise<void>;
  /** Epoch milliseconds. */
  now: () => number;
  log: Log;
}

/**
 * Longer than a call, so that each dead letter is received once. Messages of a call that is cut off show again after
 * that.
 */
const hideSeconds = 30;

/** Pause between two searches, while another consumer holds dead letters. */
const searchPauseMilliseconds = 250;

const searchers = 5;
const releasesAtOnce = 10;

/**
 * Finds the dead letters of jobs and sends them back: message, record, dead letter, in that order, so that a job never
 * waits without a message, wherever the call is cut off. Its dead letter may then stay, or be sent once more: claims
 * make that harmless. The record changes only if the job has not been claimed, or ended again, since the dead letter
 * was found.
 */
export function createRedrive(effects: RedriveEffects): (redrive: Redrive["redrive"]) => Promise<RedriveOutcomes> {
  const { queuesOf, inbox, countHidden, records, nudge, now, pause, log } = effects;
  const sendMessages = createSendMessages(effects);

  return async function redrive({ type, ids, delaySeconds, by, key, isDiscarded = false }) {
    const endsAt = now() + redriveSeconds * 1_000;
    const readsUntil = now() + (redriveSeconds * 1_000) / 2;
    const outcomes: RedriveOutcomes = {};
    const wanted = new Set(ids);
    const queues = await queuesOf(type);
    if (!queues) return Object.fromEntries(ids.map((id) => [id, "absent"]));
    const { queueUrl, deadLetterQueueUrl } = queues;
    let sent = 0;

    async function sendBack(letter: QueuedMessage, id: string): Promise<boolean> {
      if (isDiscarded) {
        await removeAll(inbox, deadLetterQueueUrl, [letter]);
        return true;
      }
      const record = await records.read(id);
      if (record && recordAsRead(record, now()).state !== "failed") return false;
      const reason = letter.attributes[attributes.reason] ?? "It was sent back before it had a reason";
      const at = new Date(now()).toISOString();
      const decoded = decodeEnvelope(letter.body);
      // The worker writes who retried the job and when, if it is quicker than the record below.
      const retry = record && { of: record.finishedAt ?? at, at, by, key };
      const body =
        retry && decoded.ok ? encodeEnvelope({ ...decoded.value, retry: definedFields(retry) }) : letter.body;
      const message: QueueMessage = {
        ...{ queueUrl, id, type, body, groupId: letter.groupId },
        attributes: stringAttributes({ ...letter.attributes, [attributes.reason]: reason }),
        ...(delaySeconds > 0 && { delaySeconds }),
      };
      const [unsent] = await sendMessages([message]);
      if (unsent) throw unsent.error;
      sent++;
      if (record) await records.requeue(record, { at, delaySeconds, by, key });
      const [unremoved] = await inbox.remove(deadLetterQueueUrl, [letter]);
      if (unremoved) log("warn", "dead-letter-not-deleted", { jobId: id, jobType: type, ...errorFields(unremoved) });
      log("info", "job-sent-back", { jobId: id, jobType: type });
      return true;
    }

    /** Reads the queue once; returns true if it came to its end. */
    async function search(): Promise<boolean> {
      const others: QueuedMessage[] = [];
      const seen = new Set<string>();
      let isThrough = true;
      const read = async (): Promise<void> => {
        while (wanted.size > 0) {
          if (now() >= readsUntil) return void (isThrough = false);
          const letters = await inbox.receive(deadLetterQueueUrl, hideSeconds);
          if (letters.every(({ id }) => seen.has(id))) return;
          for (const letter of letters) {
            seen.add(letter.id);
            const id = idOf(letter.body);
            const isWanted = id !== undefined && (isDiscarded ? wanted.has(id) : wanted.delete(id));
            if (isWanted && (await sendBack(letter, id))) outcomes[id] = "sent";
            else others.push({ ...letter, body: "" });
          }
        }
      };
      // If one reader fails, the others still finish what they have begun.
      const results = await Promise.allSettled(Array.from({ length: searchers }, read));
      await mapLimited(chunksOf(others, limits.maxBatchEntries), releasesAtOnce, (batch) =>
        inbox.release(deadLetterQueueUrl, batch).catch((error: unknown) => {
          log("warn", "dead-letters-not-released", { jobType: type, seconds: hideSeconds, ...errorFields(error) });
        }),
      );
      for (const result of results) if (result.status === "rejected") throw result.reason;
      return isThrough;
    }

    /** Jobs that no longer need this call: another one has sent them back. */
    async function settleOthers(): Promise<void> {
      if (isDiscarded) return;
      for (const id of ids.filter((each) => outcomes[each] === undefined)) {
        const record = await records.read(id);
        if (record && recordAsRead(record, now()).state !== "failed") outcomes[id] = "sent";
        else wanted.add(id);
      }
      for (const id of Object.keys(outcomes)) wanted.delete(id);
    }

    try {
      let isThrough = await search();
      await settleOthers();
      let isHeld = wanted.size > 0 && (await countHidden(deadLetterQueueUrl)) > 0;
      while (isThrough && isHeld && now() < readsUntil) {
        await pause(searchPauseMilliseconds);
        isThrough = await search();
        await settleOthers();
        isHeld = wanted.size > 0 && (await countHidden(deadLetterQueueUrl)) > 0;
      }
      for (const id of wanted) outcomes[id] = isThrough && !isHeld ? "absent" : "held";
    } finally {
      if (sent > 0 && delaySeconds === 0 && now() < endsAt) await nudge({ [type]: sent });
    }
    return outcomes;
  };
}

function idOf(body: string): string | undefined {
  const decoded = decodeEnvelope(body);
  return decoded.ok ? decoded.value.id : undefined;
}

/** The redrive that an event asks for; undefined if it asks for something else. */
export function readRedrive(event: unknown): Redrive["redrive"] | undefined {
  if (!isObject(event) || !isObject(event.redrive)) return undefined;
  const { type, ids, delaySeconds, by, key, isDiscarded } = event.redrive as Partial<Redrive["redrive"]>;
  if (typeof type !== "string" || !Array.isArray(ids))
    throw new Error("Expected `type` and `ids` of what to send back");
  const seconds =
    typeof delaySeconds === "number" ? Math.min(Math.max(0, delaySeconds), limits.maxQueueDelaySeconds) : 0;
  return { type, ids: ids.map(String), delaySeconds: Math.floor(seconds), by, key, isDiscarded };
}
