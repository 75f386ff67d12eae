import { errorFields } from "../../contract/log";
import { type QueuedMessage, removeAll } from "../shared/messages/inbox";
import { type FailedEvents, type RepairRun } from "./effects";
import { failedEvent } from "./failedEvent";

/** Seconds that a message that failed again stays hidden. Longer than a run, so that each run tries it once. */
const retrySeconds = 120;

/**
 * Sends the jobs of the queue's messages through the router's function, and deletes a message once all of them are
 * sent. A message that fails stays, and a later run tries it again.
 */
export async function replayQueue({ inbox, routeJobs, hasTime, log }: RepairRun, queue: FailedEvents) {
  const outcome = { replayed: 0, left: 0 };

  async function replay(message: QueuedMessage): Promise<void> {
    const about = { queue: queue.name, messageId: message.id, receiveCount: message.receiveCount };
    try {
      await routeJobs(failedEvent(message.body));
      await removeAll(inbox, queue.url, [message]);
      log("info", "event-replayed", about);
      outcome.replayed++;
    } catch (error) {
      // Logged, and left in its queue: SQS delivers it again.
      log("error", "event-not-replayed", { ...about, ...errorFields(error) });
      outcome.left++;
    }
  }

  while (hasTime()) {
    const messages = await inbox.receive(queue.url, retrySeconds);
    if (messages.length === 0) break;
    for (const message of messages) {
      // Messages that there is no time for stay hidden until the run after next.
      if (!hasTime()) break;
      await replay(message);
    }
  }
  return outcome;
}
