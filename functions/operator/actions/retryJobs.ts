import { describe } from "../../../contract/check";
import { type ProblemDocument, problemOf } from "../../../contract/http/problem";
import { idPattern } from "../../../contract/limits";
import { aboutJobs, errorFields, type Log } from "../../../contract/log";
import { attributes, stringAttributes } from "../../../contract/messages/attributes";
import { encodeEnvelope, type JobEnvelope, settingsOf } from "../../../contract/messages/envelope";
import type { RedriveOutcomes } from "../../../contract/messages/redrive";
import type { Payload } from "../../../contract/records/payloads";
import type { JobRecord } from "../../../contract/records/record";
import { recordAsRead } from "../../../contract/records/recordAsRead";
import type { JobRecords, Publish } from "../../frontend/effects";
import { jobNotFound, notKept } from "../../frontend/jobNotFound";
import { groupBy } from "../../shared/groupBy";
import type { ActOnLargeValues } from "../../shared/largeValueActs";
import { mapLimited } from "../../shared/mapLimited";
import type { JobTypes } from "../../shared/tables/jobTypes";
import type { Requeue, RequeueRecord } from "../../shared/tables/requeueRecord";
import type { EndedPayloads, RedriveLetters } from "../effects";

export interface RetryEffects {
  records: Pick<JobRecords, "read">;
  requeue: RequeueRecord;
  payloads: Pick<EndedPayloads, "renew">;
  actOnLarge: ActOnLargeValues;
  jobTypes: Pick<JobTypes, "find">;
  redrive: RedriveLetters;
  publish: Publish;
  /** Epoch milliseconds. */
  now: () => number;
  log: Log;
}

export interface RetryOptions extends Partial<Omit<Requeue, "at">> {
  /** True if jobs without a dead letter stay as they are: it may have been purged on purpose. */
  needsLetters?: boolean;
}

/** Outcome of retrying a job. */
export type RetryOutcome = { id: string; record: JobRecord } | { id: string; problem: ProblemDocument };

/** A job as it was found; one that is done needs no act. */
type Found = RetryOutcome & { isDone?: boolean; kept?: Payload | undefined };

const readsAtOnce = 50;

/**
 * Runs ended jobs again, under their ids and with attempts counted from zero. A failed job's dead letter is sent back,
 * so that none is left over. Without one, and for a cancelled job, the kept payload is published: first the message,
 * then the record, so that a job never waits without a message, wherever the call is cut off. The message says which
 * end it retries, and begins the job only while that is its last end, or as any message of a queued job.
 */
export async function retryJobs(
  effects: RetryEffects,
  ids: string[],
  { delaySeconds = 0, by, key, needsLetters }: RetryOptions,
): Promise<RetryOutcome[]> {
  const { records, requeue, payloads, actOnLarge, jobTypes, redrive, publish, now, log } = effects;

  async function retryKept(record: JobRecord, kept: Payload | undefined): Promise<RetryOutcome> {
    const { id, type, submittedAt } = record;
    if (!kept || needsLetters) return { id, problem: notKept(id) };
    if (!(await jobTypes.find(type))) {
      return { id, problem: problemOf("unknown-type", `The type ${describe(type)} of job ${id} is gone`) };
    }
    const at = new Date(now()).toISOString();
    const retry = { at, ...(by !== undefined && { by }), ...(key !== undefined && { key }) };
    const envelope: JobEnvelope = {
      ...{ version: 1, id, type, ...kept, submittedAt, ...settingsOf(record) },
      ...(delaySeconds > 0 && { notBefore: new Date(Date.parse(at) + delaySeconds * 1_000).toISOString() }),
      retry: { of: record.finishedAt ?? at, ...retry },
    };
    const typed = stringAttributes({ [attributes.type]: type });
    const [failure] = await publish([{ body: encodeEnvelope(envelope), attributes: typed }]);
    if (failure) throw failure;
    await requeue(record, { ...retry, delaySeconds });
    return { id, record: (await records.read(id)) ?? record };
  }

  const found = await mapLimited(ids, readsAtOnce, async (id): Promise<Found> => {
    const record = idPattern.test(id) ? await records.read(id) : undefined;
    if (!record) return { id, problem: jobNotFound(id) };
    if (key !== undefined && record.retryKey === key) return { id, record, isDone: true };
    const problem = whyNot(recordAsRead(record, now()));
    if (problem) return { id, problem };
    // Also for one with a dead letter: the payload must not expire before the retried job's record.
    const kept = await payloads.renew(record, now() + delaySeconds * 1_000);
    if (kept?.payloadRef) {
      const source = { type: record.type, id, payloadRef: kept.payloadRef };
      const renewed = await actOnLarge("find", { ...source, source });
      if ("code" in renewed) return { id, problem: renewed };
    }
    return { id, record, kept };
  });
  const failed = found.flatMap((each) =>
    "record" in each && !each.isDone && each.record.state !== "cancelled" ? [each] : [],
  );
  const outcomes: RedriveOutcomes = {};
  for (const [type, ofType] of groupBy(failed, ({ record }) => record.type)) {
    const wanted = ofType.map(({ id }) => id);
    try {
      Object.assign(outcomes, await redrive({ type, ids: wanted, delaySeconds, by, key }));
    } catch (error) {
      log("error", "jobs-not-sent-back", { ...aboutJobs(wanted, type), ...errorFields(error) });
    }
  }
  return mapLimited(found, readsAtOnce, async (each): Promise<RetryOutcome> => {
    const { id } = each;
    if ("problem" in each || each.isDone) return each;
    const { record } = each;
    if (outcomes[id] === "sent") return { id, record: (await records.read(id)) ?? record };
    if (outcomes[id] !== "absent" && record.state !== "cancelled") {
      return { id, problem: problemOf("unavailable", `The dead letter of job ${id} was out of reach; try again`) };
    }
    try {
      return await retryKept(record, each.kept);
    } catch (error) {
      log("error", "jobs-not-sent-back", { ...aboutJobs([id], record.type), ...errorFields(error) });
      return { id, problem: problemOf("unavailable", `Job ${id} could not be published; try again`) };
    }
  });
}

function whyNot({ id, state }: JobRecord): ProblemDocument | undefined {
  if (state === "failed" || state === "cancelled") return undefined;
  return problemOf(state === "succeeded" ? "job-succeeded" : "job-not-ended", `Job ${id} is ${state}, not failed`);
}
