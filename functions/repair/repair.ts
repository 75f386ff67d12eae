import type { JobType } from "../../contract/jobType";
import { errorFields, type Log } from "../../contract/log";
import { createRouteJobs, type RouteJobsEffects } from "../router/routeJobs";
import type { Announce } from "../shared/announceTo";
import type { Inbox } from "../shared/inbox";
import type { JobTypes } from "../shared/jobTypes";
import type { RunContext } from "../shared/runtime";
import { createSendMessages } from "../shared/sendMessages";
import type { UnsentEvents } from "../shared/unsentEvents";
import { createEndLost } from "./endLost";
import type { FailedRecords } from "./failedRecords";
import { publishKept } from "./publishKept";
import { repairDeadLetters } from "./repairDeadLetters";
import { type FailedEvents, replayQueue } from "./replayQueue";
import { sendUnsent } from "./sendUnsent";

export interface RepairEffects extends RouteJobsEffects {
  jobTypes: Pick<JobTypes, "find" | "list">;
  inbox: Inbox;
  /** Undefined if jobs are not tracked. */
  records: FailedRecords | undefined;
  /** Publishes a final state; undefined when `events` is off. */
  announce?: Announce | undefined;
  /** Queues whose messages hold jobs that the router has yet to route. */
  failedEvents: FailedEvents[];
  /** Events that the router kept while SQS took nothing. */
  unsentEvents: UnsentEvents;
  /** Queue of events that workers could not publish; undefined when `events` is off. */
  keptEventsUrl?: string | undefined;
  log: Log;
}

/** Time left for the current message: three tries of a send, at most two calls of 3 s each, and its deletion. */
const reserveMilliseconds = 25_000;

/** Types whose dead letters one run reads: all of them in turn, run by run. Reading costs a request each. */
const typesPerRun = 10;
const runMilliseconds = 60_000;

/**
 * The repair run, each minute: replays what the router never got or failed at, explains the dead letters that SQS
 * moved itself, and ends the jobs whose messages are gone. Each part goes on when another fails; the run then throws
 * at its end, so that the failure shows.
 */
export function createRepair(effects: RepairEffects): (event: unknown, context: RunContext) => Promise<void> {
  const { jobTypes, records, failedEvents, keptEventsUrl, now, log } = effects;
  const routeJobs = createRouteJobs(effects);
  const sendMessages = createSendMessages(effects);
  const endLost = records && createEndLost({ ...effects, records });

  return async function repair(_event, context) {
    const hasTime = () => context.getRemainingTimeInMillis() > reserveMilliseconds;
    const failures: unknown[] = [];
    const attempt = async (step: string, action: () => Promise<void>) => {
      try {
        await action();
      } catch (error) {
        log("error", "repair-step-failed", { step, ...errorFields(error) });
        failures.push(error);
      }
    };
    const totals = { replayed: 0, left: 0, explained: 0, published: 0, unsent: 0, ended: 0 };
    await attempt("unsent", async () => {
      totals.unsent = await sendUnsent({ ...effects, routeJobs, hasTime });
    });
    for (const queue of failedEvents) {
      await attempt(queue.name, async () => {
        const { replayed, left } = await replayQueue({ ...effects, routeJobs, hasTime }, queue);
        totals.replayed += replayed;
        totals.left += left;
      });
    }
    if (keptEventsUrl !== undefined) {
      await attempt("kept events", async () => {
        totals.published = await publishKept({ ...effects, hasTime }, keptEventsUrl);
      });
    }
    await attempt("types", async () => {
      const all = await jobTypes.list();
      for (const jobType of typesOfThisRun(all, now())) {
        if (!hasTime()) break;
        await attempt(`dead letters of ${jobType.type}`, async () => {
          totals.explained += await repairDeadLetters({ ...effects, sendMessages, hasTime }, jobType);
        });
      }
      await attempt("lost jobs", async () => {
        totals.ended = (await endLost?.(all, hasTime)) ?? 0;
      });
    });
    if (Object.values(totals).some((count) => count > 0)) log("info", "repair-finished", totals);
    if (failures.length > 0) throw new Error("A part of the repair run failed", { cause: failures[0] });
  };
}

/** The types whose turn it is at this time. */
export function typesOfThisRun(jobTypes: JobType[], now: number): JobType[] {
  const start = (Math.floor(now / runMilliseconds) * typesPerRun) % jobTypes.length;
  return [...jobTypes.slice(start), ...jobTypes.slice(0, start)].slice(0, typesPerRun);
}
