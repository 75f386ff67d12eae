import { describe } from "../../../contract/check";
import type { Job } from "../../../contract/http/answers";
import { idPattern } from "../../../contract/limits";
import { errorFields, type Log } from "../../../contract/log";
import type { JobRecord } from "../../../contract/records/record";
import { recordAsRead } from "../../../contract/records/recordAsRead";
import { answer, refuse } from "../../shared/httpAnswer";
import type { ActOnLargeValues } from "../../shared/largeValueActs";
import type { Announce } from "../../shared/messages/announceTo";
import type { JobTypes } from "../../shared/tables/jobTypes";
import { cancelJob } from "../cancelJob";
import type { JobPayloads, JobRecords, JobScheduler } from "../effects";
import { jobNotFound } from "../jobNotFound";
import { jobView } from "../jobView";
import { type JobIndex, listJobs, typesToList } from "../listJobs";
import { principalOf } from "../requests/callerOf";
import { checkTimes, decodeCursor, type ListQuery } from "../requests/listQuery";
import { wrongShape } from "../requests/readFields";
import { tenantProblem } from "../requests/rights";
import type { ReadFleets } from "../services/fleets";
import type { CountTypes } from "../services/invokeFunctions";
import { createTellEnd } from "../tellEnd";
import { isWaiting, readySince, waitingOf } from "../waiting";
import { type Answerers, recordsFor } from "./answerer";

export interface JobEffects {
  /** These three are undefined if jobs are not tracked. */
  records: JobRecords | undefined;
  payloads?: Pick<JobPayloads, "read"> | undefined;
  index?: JobIndex | undefined;
  actOnLarge: ActOnLargeValues;
  jobTypes: JobTypes;
  readFleets: ReadFleets;
  countTypes: CountTypes;
  /** Publishes a final state; undefined when `events` is off. */
  announce?: Announce | undefined;
  later: Pick<JobScheduler, "unschedule">;
  /** Epoch milliseconds. */
  now: () => number;
  log: Log;
}

/**
 * Age from which a job's wait needs an explanation, and counts are asked for again: an idle type isn't counted, and a
 * job may wait that was never published.
 */
const countAgainMilliseconds = 90_000;

type JobRoute = "getJob" | "listJobs" | "cancelJob";

export function createJobAnswerers(effects: JobEffects): Answerers<JobRoute> {
  const { records, payloads, actOnLarge, index, jobTypes, readFleets, countTypes, now, log } = effects;

  /** The views of jobs, with the reasons why some wait: one more read for all of them. */
  async function viewsOf(found: JobRecord[]): Promise<Job[]> {
    const waiting = found.filter((record) => isWaiting(record, now()));
    if (waiting.length === 0) return found.map((record) => jobView(record));
    const fleets = await readFleets([...new Set(waiting.map(({ type }) => type))]);
    const recent = now() - countAgainMilliseconds;
    const isOverdue = (record: JobRecord) =>
      readySince(record) < recent && (fleets[record.type]?.countsAt ?? 0) < recent;
    const overdue = waiting.filter(isOverdue).map(({ type }) => type);
    if (overdue.length > 0) {
      await countTypes([...new Set(overdue)]).catch((error: unknown) =>
        log("warn", "scaler-not-nudged", errorFields(error)),
      );
    }
    return found.map((record) => jobView(record, waitingOf(record, fleets[record.type], now())));
  }

  const tellEnd = createTellEnd(effects);

  return {
    async getJob(call) {
      const id = call.parameter;
      const record = idPattern.test(id) ? await recordsFor(records!, call).read(id) : undefined;
      if (!record) return refuse(jobNotFound(id));
      const reading = call.query.payload === "false" ? undefined : payloads!.read(record);
      const [[view], kept] = await Promise.all([viewsOf([recordAsRead(record, now())]), reading]);
      const { type, resultRef } = record;
      const payloadRef = kept?.payloadRef;
      const signed = (payloadRef || resultRef) && (await actOnLarge("sign", { type, id, payloadRef, resultRef }));
      return answer(200, { ...view, ...kept, ...signed });
    },

    async listJobs({ query, tenant: bound }) {
      const { type, cursor, from, to, tenant = bound, ...wanted } = query as ListQuery;
      const after = cursor === undefined ? undefined : decodeCursor(cursor);
      const problems = checkTimes({ from, to });
      if (cursor !== undefined && !after) {
        const message = `Expected the \`cursor\` of an answer before, got ${describe(cursor)}`;
        problems.push({ path: "cursor", message });
      }
      if (problems.length > 0) return refuse(wrongShape(problems));
      const forbidden = tenantProblem(bound, tenant, "tenant");
      if (forbidden) return refuse(forbidden);
      const types = await typesToList(jobTypes, type);
      if ("problem" in types) return refuse(types.problem);
      const { records: found, cursor: next } = await listJobs({ index: index!, now }, types.types, {
        ...{ ...wanted, tenant, after, hidesIds: bound !== undefined },
        ...{ from: from && new Date(from).toISOString(), to: to && new Date(to).toISOString() },
      });
      return answer(200, { jobs: await viewsOf(found), cursor: next });
    },

    async cancelJob(call) {
      const by = principalOf(call.event);
      const outcome = await cancelJob({ records: recordsFor(records!, call), now }, call.parameter, by);
      if ("problem" in outcome) return refuse(outcome.problem);
      if (outcome.record.state === "cancelled") await tellEnd(outcome.record);
      return answer(202, jobView(outcome.record));
    },
  };
}
