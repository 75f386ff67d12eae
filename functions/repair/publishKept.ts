import { isObject } from "../../contract/check";
import { errorFields } from "../../contract/log";
import type { JobRecord } from "../../contract/records/record";
import { mapLimited } from "../shared/mapLimited";
import { type QueuedMessage, removeAll } from "../shared/messages/inbox";
import { type RepairRun } from "./effects";

/** Seconds that an event that failed again stays hidden. Longer than a run, so that each run tries it once. */
const retrySeconds = 120;

const eventsAtOnce = 10;

/**
 * Publishes the events that workers could not, oldest first as far as SQS's order goes, until the topic refuses one;
 * returns their number.
 */
export async function publishKept({ inbox, announce, hasTime, log }: RepairRun, url: string): Promise<number> {
  let published = 0;

  async function publish(message: QueuedMessage): Promise<boolean> {
    try {
      await announce?.(endOf(message.body));
      await removeAll(inbox, url, [message]);
      published++;
      return true;
    } catch (error) {
      // It stays in its queue: SQS delivers it again.
      log("error", "completion-event-not-published", { messageId: message.id, ...errorFields(error) });
      return false;
    }
  }

  while (hasTime()) {
    const messages = await inbox.receive(url, retrySeconds);
    if (messages.length === 0) break;
    const outcomes = await mapLimited(messages, eventsAtOnce, publish);
    if (!outcomes.some(Boolean)) break;
  }
  return published;
}

/** An event has the fields of the record that it is about. */
function endOf(body: string): JobRecord {
  const event: unknown = JSON.parse(body);
  if (!isObject(event) || typeof event.id !== "string" || typeof event.type !== "string") {
    throw new Error("Expected a completion event with `id` and `type`");
  }
  return event as unknown as JobRecord;
}
