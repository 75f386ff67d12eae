import { aboutJobs, errorFields, type Log } from "../../contract/log";
import { attributes, stringAttributes } from "../../contract/messages/attributes";
import { type JobEnvelope, packEnvelopes } from "../../contract/messages/envelope";
import { chunksOf } from "../shared/chunksOf";
import { groupBy } from "../shared/groupBy";
import { mapLimited } from "../shared/mapLimited";
import { divideIntoBatches } from "../shared/messages/batches";
import { type JobPayloads, type JobScheduler, maxKept, type Publish } from "./effects";
import { isTooFarForQueues } from "./requests/notBefore";

export interface PublishJobsEffects {
  /** Undefined if payloads are not kept. */
  keepPayloads?: JobPayloads["keep"] | undefined;
  publish: Publish;
  /** Publishes jobs at their times: for times too far ahead for SQS. */
  later: Pick<JobScheduler, "schedule">;
  /** Epoch milliseconds. */
  now: () => number;
  log: Log;
}

const publishesAtOnce = 10;

/**
 * Keeps the payloads of recorded jobs, then publishes those that SQS can hold back until they start, and schedules the
 * others; returns the ids of those that failed.
 */
export function createPublishJobs(effects: PublishJobsEffects): (envelopes: JobEnvelope[]) => Promise<Set<string>> {
  const { now } = effects;

  return async function publishJobs(envelopes) {
    const failed = await keepPayloadsOf(effects, envelopes);
    const kept = envelopes.filter(({ id }) => !failed.has(id));
    const isLater = ({ notBefore }: JobEnvelope) => isTooFarForQueues(notBefore, now());
    const soon = kept.filter((envelope) => !isLater(envelope));
    for (const id of await publishEnvelopes(effects, soon)) failed.add(id);
    for (const id of await scheduleEnvelopes(effects, kept.filter(isLater))) failed.add(id);
    return failed;
  };
}

/** Keeps the payloads of the envelopes; returns the ids of those that failed. */
async function keepPayloadsOf(
  { keepPayloads, log }: PublishJobsEffects,
  envelopes: JobEnvelope[],
): Promise<Set<string>> {
  const failed = new Set<string>();
  if (!keepPayloads) return failed;
  await mapLimited(chunksOf(envelopes, maxKept), publishesAtOnce, async (batch) => {
    try {
      await keepPayloads(batch);
    } catch (error) {
      for (const { id } of batch) failed.add(id);
      log("error", "payload-not-kept", { jobIds: batch.map(({ id }) => id), ...errorFields(error) });
    }
  });
  return failed;
}

/** Creates the schedules of the envelopes; returns the ids of those that failed. */
async function scheduleEnvelopes({ later, now, log }: PublishJobsEffects, envelopes: JobEnvelope[]): Promise<string[]> {
  const failed: string[] = [];
  await mapLimited(envelopes, publishesAtOnce, async (envelope) => {
    const { id, type } = envelope;
    const time = new Date(now()).toISOString();
    try {
      await later.schedule(envelope);
      log("info", "job-accepted", { time, jobId: id, jobType: type });
    } catch (error) {
      failed.push(id);
      log("error", "job-not-scheduled", { jobId: id, jobType: type, ...errorFields(error) });
    }
  });
  return failed;
}

/** Publishes the envelopes, each message holding jobs of one type; returns the ids of those that failed. */
async function publishEnvelopes(
  { publish, now, log }: PublishJobsEffects,
  envelopes: JobEnvelope[],
): Promise<Set<string>> {
  const byType = groupBy(envelopes, ({ type }) => type);
  const messages = [...byType].flatMap(([type, ofType]) =>
    packEnvelopes(ofType).map((message) => ({
      ...message,
      attributes: stringAttributes({ [attributes.type]: type }),
    })),
  );
  const failed = new Set<string>();
  await mapLimited(divideIntoBatches(messages), publishesAtOnce, async (batch) => {
    // The router may have a job before SNS has answered, and its line comes after this one.
    const time = new Date(now()).toISOString();
    const outcomes = await publish(batch).catch((error: unknown) => batch.map(() => error));
    batch.forEach(({ jobs }, index) => {
      const ids = jobs.map(({ id }) => id);
      const about = aboutJobs(ids, jobs[0]!.type);
      if (outcomes[index] === undefined) return log("info", "job-accepted", { time, ...about });
      for (const id of ids) failed.add(id);
      log("error", "job-not-published", { ...about, ...errorFields(outcomes[index]) });
    });
  });
  return failed;
}
