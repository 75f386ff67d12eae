import { describeError, type Log } from "../log";
import { mapLimited } from "../mapLimited";
import type { TopicEvent } from "../router/routeJobs";
import type { UnsentEvent, UnsentEvents } from "../unsentEvents";

export const deploymentOnlyModule = true;

export interface SendUnsentEffects {
  unsentEvents: Pick<UnsentEvents, "list" | "remove">;
  /** The router's own function: resolves once every job is in a queue. */
  routeJobs: (event: TopicEvent) => Promise<void>;
  hasTime: () => boolean;
  log: Log;
}

const eventsAtOnce = 10;

/** Routes what the router kept while SQS took nothing, until SQS takes nothing again; gives how many messages. */
export async function sendUnsent({ unsentEvents, routeJobs, hasTime, log }: SendUnsentEffects): Promise<number> {
  let sent = 0;

  async function send({ id, message }: UnsentEvent): Promise<boolean> {
    if (!hasTime()) return false;
    try {
      await routeJobs({ Records: [{ Sns: { Message: message } }] });
      await unsentEvents.remove(id);
      sent++;
      return true;
    } catch (error) {
      // It stays in its table, for the next run.
      log("error", "unsent event left", { id, error: describeError(error) });
      return false;
    }
  }

  while (hasTime()) {
    const events = await unsentEvents.list();
    if (events.length === 0) break;
    // The first goes alone: while SQS is away, it is enough to ask once.
    if (!(await send(events[0]!))) break;
    await mapLimited(events.slice(1), eventsAtOnce, send);
  }
  return sent;
}
