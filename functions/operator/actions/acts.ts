import type { ActionVerb } from "../../../contract/http/jobFilter";
import { errorFields, type Log } from "../../../contract/log";
import { attributes, stringAttributes } from "../../../contract/messages/attributes";
import { encodeEnvelope, type JobEnvelope, settingsOf } from "../../../contract/messages/envelope";
import { replayedPrefix } from "../../../contract/messages/traceparent";
import { listKeyOf } from "../../../contract/records/listKey";
import type { JobRecord } from "../../../contract/records/record";
import { cancelJob } from "../../frontend/cancelJob";
import type { JobPayloads, JobRecords } from "../../frontend/effects";
import { digestOf, sha256 } from "../../frontend/requests/digest";
import { createTellEnd, type TellEndEffects } from "../../frontend/tellEnd";
import { mapLimited } from "../../shared/mapLimited";
import type { EndedPayloads } from "../effects";
import type { ActionRequest } from "./actions";
import { type RetryEffects, retryJobs } from "./retryJobs";
import type { Act, Outcome } from "./runAction";
import { whyNot } from "./whyNot";

export type ActEffects = TellEndEffects &
  Omit<RetryEffects, "records" | "payloads"> & {
    records: JobRecords;
    payloads: JobPayloads & EndedPayloads;
    /** Undefined if payloads are not kept. */
    keepPayloads?: JobPayloads["keep"] | undefined;
    log: Log;
  };

const jobsAtOnce = 10;

/** The acts of actions on single jobs. Each reads a job's record again, and leaves it if it changed since. */
export function createActs(effects: ActEffects): Record<ActionVerb, Act> {
  const { records, payloads, keepPayloads, actOnLarge, jobTypes, publish, now, log } = effects;
  const tellEnd = createTellEnd(effects);

  /** The records that the action may still act on. */
  const fittingOf = (request: ActionRequest): JobRecords => ({
    ...records,
    read: async (id) => [await records.read(id)].find((record) => !whyNot(request, record)),
  });

  const each = (request: ActionRequest, found: JobRecord[], act: (record: JobRecord) => Promise<Outcome>) =>
    mapLimited(found, jobsAtOnce, (record) =>
      act(record).catch((error: unknown): Outcome => {
        const { id: jobId, type: jobType } = record;
        log("error", "job-not-acted-on", { jobId, jobType, actionId: request.id, ...errorFields(error) });
        return { code: "unavailable", isFailure: true };
      }),
    );

  return {
    async retry(request, found) {
      const ids = found.map(({ id }) => id);
      const { id: key, by } = request;
      const outcomes = await retryJobs({ ...effects, records: fittingOf(request) }, ids, { by, key });
      return outcomes.map((outcome) => {
        if (!("problem" in outcome)) return outcome.record.retryKey === key ? undefined : { code: "job-not-ended" };
        const { code } = outcome.problem;
        return { code, isFailure: code === "unavailable" };
      });
    },

    cancel: (request, found) =>
      each(request, found, async ({ id }) => {
        const outcome = await cancelJob({ records: fittingOf(request), now }, id, request.by);
        // A repeated act finds it cancelled.
        if ("problem" in outcome) return outcome.problem.code === "job-finished" ? undefined : outcome.problem;
        if (outcome.record.state === "cancelled") await tellEnd(outcome.record);
        return undefined;
      }),

    replay: (request, found) =>
      each(request, found, async (record) => {
        const { type } = record;
        if (!(await jobTypes.find(type))) return { code: "unknown-type" };
        const kept = await payloads.read(record);
        if (!kept) return { code: "payload-not-kept" };
        // The same id each time, so that a repeated act submits the same job.
        const id = `replay-${sha256(`${request.id} ${record.id}`)}`;
        const { traceparent = replayedPrefix + record.id } = record;
        const settings = { ...settingsOf(record), traceparent };
        const { payloadRef } = kept;
        const source = { type, id: record.id, payloadRef };
        const copied = payloadRef && (await actOnLarge("find", { type, id, payloadRef, source }));
        if (copied && "code" in copied) return { code: copied.code };
        const submission = { type, ...(copied ? { payloadRef: copied } : kept), ...settings };
        const submittedAt = new Date(now()).toISOString();
        const fresh: JobRecord = {
          ...{ id, type, state: "queued", attempts: 0, listKey: listKeyOf(type, id), digest: digestOf(submission) },
          ...{ ...settings, submittedAt, replayOf: record.id },
          ...(request.by !== undefined && { submittedBy: request.by }),
        };
        const present = (await records.create(fresh)) ?? fresh;
        if (present.state !== "queued") return undefined;
        const envelope: JobEnvelope = { version: 1, id, ...submission, submittedAt: present.submittedAt };
        await keepPayloads?.([envelope]);
        const typed = stringAttributes({ [attributes.type]: type });
        const [failure] = await publish([{ body: encodeEnvelope(envelope), attributes: typed }]);
        if (failure) throw failure;
        return undefined;
      }),
  };
}
