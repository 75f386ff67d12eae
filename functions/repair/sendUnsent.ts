import { randomUUID } from "node:crypto";
import { errorFields } from "../../contract/log";
import { mapLimited } from "../shared/mapLimited";
import type { UnsentEvent } from "../shared/unsentEvents";
import { type RepairRun } from "./effects";
import { eventOf } from "./failedEvent";

const eventsAtOnce = 10;

/** Pages in a row without a successful send, after which it tries elsewhere in the table, and then gives up. */
const pagesInVain = 5;

/**
 * Routes the events that the router kept; returns their number. It tries a queue that still takes nothing only once,
 * which delays that queue's events alone.
 */
export async function sendUnsent({ unsentEvents, routeJobs, hasTime, log }: RepairRun): Promise<number> {
  const closed = new Set<string>();
  let sent = 0;

  async function send({ id, queue, message }: UnsentEvent): Promise<void> {
    if (closed.has(queue) || !hasTime()) return;
    try {
      await routeJobs(eventOf(message));
      await unsentEvents.remove(id);
      sent++;
    } catch (error) {
      // It stays in its table, for the next run.
      closed.add(queue);
      log("error", "unsent-event-left", { eventId: id, queue, ...errorFields(error) });
    }
  }

  /** The first of a queue goes alone: while the queue is away, one try is enough. */
  async function sendAll(events: UnsentEvent[]): Promise<void> {
    const firsts = new Map(events.toReversed().map((event) => [event.queue, event]));
    await mapLimited([...firsts.values()], eventsAtOnce, send);
    const others = events.filter((event) => firsts.get(event.queue) !== event);
    await mapLimited(others, eventsAtOnce, send);
  }

  /** Returns true if it reached the table's end. */
  async function sendFrom(after?: string): Promise<boolean> {
    for (let vain = 0; vain < pagesInVain && hasTime();) {
      const before = sent;
      const { events, next } = await unsentEvents.list(after);
      await sendAll(events);
      if (next === undefined) return true;
      vain = sent > before ? 0 : vain + 1;
      after = next;
    }
    return false;
  }

  // Ids are random, and so is a place after one: events behind many that stay have their turn in some run.
  if (!(await sendFrom()) && hasTime()) await sendFrom(randomUUID());
  return sent;
}
