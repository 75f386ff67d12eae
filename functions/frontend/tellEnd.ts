import { errorFields, type EventName, type Log } from "../../contract/log";
import type { JobRecord } from "../../contract/records/record";
import type { Announce } from "../shared/messages/announceTo";
import type { JobScheduler } from "./effects";
import { isTooFarForQueues } from "./requests/notBefore";

export interface TellEndEffects {
  /** Publishes a final state; undefined when `events` is off. */
  announce?: Announce | undefined;
  later: Pick<JobScheduler, "unschedule">;
  log: Log;
}

/** Publishes the final state of a cancelled job; the message of one far ahead then has no further use. */
export function createTellEnd({ announce, later, log }: TellEndEffects): (record: JobRecord) => Promise<void> {
  return async function tellEnd(record) {
    const { id, type, submittedAt, notBefore } = record;
    let failed: EventName = "completion-event-not-published";
    try {
      await announce?.(record);
      failed = "schedule-not-removed";
      if (isTooFarForQueues(notBefore, Date.parse(submittedAt))) await later.unschedule(id);
    } catch (error) {
      // The job's message comes at its time, and the worker that drops it publishes the event again.
      log("warn", failed, { jobId: id, jobType: type, ...errorFields(error) });
    }
  };
}
