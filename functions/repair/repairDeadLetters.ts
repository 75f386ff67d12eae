import type { JobType } from "../../contract/jobType";
import { errorFields } from "../../contract/log";
import { attributes, stringAttributes } from "../../contract/messages/attributes";
import { decodeEnvelope } from "../../contract/messages/envelope";
import { type QueuedMessage, removeAll } from "../shared/messages/inbox";
import type { QueueMessage } from "../shared/messages/queueMessage";
import { type RepairRun } from "./effects";

/** Longer than a run, so that each message is received once per run. */
const hideSeconds = 60;

/** Pages read per queue and run. SQS varies the order, so later runs reach the rest. */
const maxPages = 10;

/**
 * Finds the dead letters that SQS moved itself, which carry no reason, and gives each a reason and its record a final
 * state. Those with a reason are read and released.
 */
export async function repairDeadLetters(effects: RepairRun, jobType: JobType): Promise<number> {
  const { inbox, hasTime, log } = effects;
  const { type, deadLetterQueueUrl: url } = jobType;
  const seen: QueuedMessage[][] = [];
  let repaired = 0;
  try {
    for (let page = 0; page < maxPages && hasTime(); page++) {
      const letters = await inbox.receive(url, hideSeconds);
      if (letters.length === 0) break;
      const isExplained = (letter: QueuedMessage) => letter.attributes[attributes.reason] !== undefined;
      seen.push(letters.filter(isExplained));
      for (const letter of letters) {
        if (!isExplained(letter) && (await repairLetter(effects, jobType, letter))) repaired++;
      }
    }
  } finally {
    for (const letters of seen.filter(({ length }) => length > 0)) {
      // At worst they stay hidden for a minute.
      await inbox.release(url, letters).catch((error: unknown) => {
        log("warn", "dead-letters-not-released", { jobType: type, seconds: hideSeconds, ...errorFields(error) });
      });
    }
  }
  return repaired;
}

/** Dead-letter with the reason, record, delete: in that order, so that the job isn't lost wherever the run ends. */
async function repairLetter(effects: RepairRun, jobType: JobType, letter: QueuedMessage): Promise<boolean> {
  const { inbox, records, announce, sendMessages, now, log } = effects;
  const decoded = decodeEnvelope(letter.body);
  const id = decoded.ok ? decoded.value.id : undefined;
  const about = { jobId: id, jobType: jobType.type, messageId: letter.id };
  try {
    const record = id === undefined ? undefined : await records?.read(id);
    const isHeld = record?.state === "running" && (record.leaseUntil ?? 0) > now();
    if (isHeld) {
      log("info", "dead-letter-skipped", { ...about, reason: "a worker still holds the job" });
      return false;
    }
    const isOver = record && record.state !== "queued" && record.state !== "running";
    if (!isOver) {
      const failedAt = new Date(now()).toISOString();
      const message = explained(letter, jobType, record?.attempts, failedAt);
      const [unsent] = await sendMessages([message]);
      if (unsent) throw unsent.error;
      const error = { name: "DeliveryGivenUp", message: givenUp };
      const ended = record && ({ ...record, state: "failed", error, finishedAt: failedAt } as const);
      // Its dead letter stays until the event is published.
      if (ended && (await records?.fail(ended, now(), true))) await announce?.(ended);
    } else {
      // The worker may have died between recording the final state and publishing it.
      await announce?.(record);
    }
    await removeAll(inbox, jobType.deadLetterQueueUrl, [letter]);
    log("info", isOver ? "dead-letter-deleted" : "dead-letter-explained", { ...about, state: record?.state });
    return true;
  } catch (error) {
    log("error", "dead-letter-not-repaired", { ...about, ...errorFields(error) });
    return false;
  }
}

const givenUp =
  "SQS gave the job up: it was delivered as often as its queue allows, and no worker settled it in any delivery";

function explained(letter: QueuedMessage, jobType: JobType, attempts: number | undefined, failedAt: string) {
  const texts = {
    ...letter.attributes,
    [attributes.type]: letter.attributes[attributes.type] ?? jobType.type,
    [attributes.reason]: givenUp,
    [attributes.attempt]: attempts?.toString(),
    [attributes.failedAt]: failedAt,
  };
  const message: QueueMessage = {
    queueUrl: jobType.deadLetterQueueUrl,
    type: jobType.type,
    body: letter.body,
    attributes: stringAttributes(texts),
    groupId: letter.groupId,
  };
  return message;
}
