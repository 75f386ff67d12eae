import { decodeCounts } from "../../contract/fleet/counts";
import type { FleetState } from "../../contract/fleet/state";
import type { JobType as ShownType } from "../../contract/http/answers";
import type { JobType } from "../../contract/jobType";

const timeOf = (milliseconds: number) => new Date(milliseconds).toISOString();

/** A job type as the API shows it. */
export function typeView(jobType: JobType, fleet: FleetState, deadLetters?: number, hidesQueues?: boolean): ShownType {
  const { type, description, timeoutSeconds, maxAttempts, payloadSchema } = jobType;
  const { queueUrl, deadLetterQueueUrl, machineImage, schedules } = jobType;
  const { launchProblem, retryAt, countsAt = 0, backlogSince } = fleet;
  const queues = hidesQueues ? {} : { queueUrl, deadLetterQueueUrl, machineImage };
  return {
    ...{ type, description, timeoutSeconds, maxAttempts, payloadSchema, ...queues, schedules },
    ...{ ...countsOf(fleet, deadLetters), launchProblem },
    oldestSeconds: backlogSince === undefined ? undefined : Math.round((countsAt - backlogSince) / 1_000),
    // Once launches work again, `retryAt` only says which failures are over.
    nextLaunchAt: launchProblem !== undefined && retryAt !== undefined ? timeOf(retryAt) : undefined,
    asOf: countsAt > 0 ? timeOf(countsAt) : undefined,
  };
}

/** Messages in flight beyond the slots are of jobs in backoff, or fetched ahead: they wait. */
export function countsOf(fleet: FleetState, deadLetters?: number): Pick<ShownType, "counts" | "instances" | "slots"> {
  const counts = decodeCounts(fleet.counts);
  if (!counts) return { counts: { deadLetters } };
  const [visible, inFlight, delayed, taking, retiring, pending, desired, max, all, busy] = counts;
  const running = Math.min(inFlight, all);
  return {
    counts: { waiting: visible + inFlight - running, running, delayed, deadLetters },
    instances: { inService: taking + retiring, pending, desired, max },
    slots: { busy, all },
  };
}
