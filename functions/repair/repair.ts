import type { JobType } from "../../contract/jobType";
import { errorFields } from "../../contract/log";
import { createRouteJobs } from "../router/routeJobs";
import { createSendMessages } from "../shared/messages/sendMessages";
import type { RunContext } from "../shared/runtime";
import { type RepairEffects } from "./effects";
import { createEndLost } from "./endLost";
import { publishKept } from "./publishKept";
import { repairDeadLetters } from "./repairDeadLetters";
import { replayQueue } from "./replayQueue";
import { sendUnsent } from "./sendUnsent";

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
    const run = { ...effects, routeJobs, sendMessages, hasTime };
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
      totals.unsent = await sendUnsent(run);
    });
    for (const queue of failedEvents) {
      await attempt(queue.name, async () => {
        const { replayed, left } = await replayQueue(run, queue);
        totals.replayed += replayed;
        totals.left += left;
      });
    }
    if (keptEventsUrl !== undefined) {
      await attempt("kept events", async () => {
        totals.published = await publishKept(run, keptEventsUrl);
      });
    }
    await attempt("types", async () => {
      const all = await jobTypes.list();
      for (const jobType of typesOfThisRun(all, now())) {
        if (!hasTime()) break;
        await attempt(`dead letters of ${jobType.type}`, async () => {
          totals.explained += await repairDeadLetters(run, jobType);
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
