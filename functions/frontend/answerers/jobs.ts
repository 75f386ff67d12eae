import { describe } from "../../../contract/check";
import type { Job } from "../../../contract/http/answers";
import { problemOf } from "../../../contract/http/problem";
import { idPattern } from "../../../contract/limits";
import { errorFields, type EventName, type Log } from "../../../contract/log";
import { checkRequestTime } from "../../../contract/messages/envelope";
import { isFinal, type JobRecord } from "../../../contract/records/record";
import { recordAsRead } from "../../../contract/records/recordAsRead";
import type { RunWithin } from "../../../contract/schema/schemaCheck";
import type { Announce } from "../../shared/announceTo";
import { answer, answerEach, refuse } from "../../shared/httpAnswer";
import type { JobTypes } from "../../shared/jobTypes";
import type { ActOnLargeValues } from "../../shared/largeValueActs";
import { cancelJob } from "../cancelJob";
import type { JobPayloads, JobRecords, JobScheduler, Publish, RedriveLetters } from "../effects";
import { jobView } from "../jobView";
import { type JobIndex, listJobs } from "../listJobs";
import { principalOf } from "../requests/callerOf";
import { decodeCursor, type ListQuery } from "../requests/listQuery";
import { readFields, wrongShape } from "../requests/readFields";
import { readActor } from "../requests/readSubmission";
import { tenantProblem } from "../requests/rights";
import { retryJobs } from "../retryJobs";
import type { ReadFleets } from "../services/fleets";
import type { CountTypes } from "../services/invokeFunctions";
import { isTooFarForQueues } from "../submitJobs";
import { readySince, waitingOf } from "../waiting";
import { type Answerers, type Call, recordsFor } from "./answerer";

export interface JobEffects {
  /** These four are undefined if jobs are not tracked. */
  records: JobRecords | undefined;
  payloads?: JobPayloads | undefined;
  index?: JobIndex | undefined;
  redrive?: RedriveLetters | undefined;
  actOnLarge: ActOnLargeValues;
  jobTypes: JobTypes;
  publish: Publish;
  readFleets: ReadFleets;
  countTypes: CountTypes;
  /** Publishes a final state; undefined when `events` is off. */
  announce?: Announce | undefined;
  later: Pick<JobScheduler, "unschedule">;
  runWithin: RunWithin;
  /** Epoch milliseconds. */
  now: () => number;
  log: Log;
}

/**
 * Age from which a job's wait needs an explanation, and counts are asked for again: an idle type isn't counted, and a
 * job may wait that was never published.
 */
const countAgainMilliseconds = 90_000;

/** Listed together, each being several queries. */
const maxListedTypes = 20;

type JobRoute = "getJob" | "listJobs" | "cancelJob" | "retryJob" | "retryJobs" | "removeData";

export function createJobAnswerers(effects: JobEffects): Answerers<JobRoute> {
  const { records, payloads, actOnLarge, index, redrive, jobTypes, readFleets, countTypes } = effects;
  const { announce, later, runWithin, now, log } = effects;

  /** The views of jobs, with the reasons why queued ones wait: one more read for all of them. */
  async function viewsOf(found: JobRecord[]): Promise<Job[]> {
    const waiting = found.filter(({ state }) => state === "queued");
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

  /** Publishes the final state; the message of a job far ahead then has no further use. */
  async function tellEnd(record: JobRecord): Promise<void> {
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
  }

  const retry = (call: Call, ids: string[], how: Parameters<typeof retryJobs>[2]) =>
    retryJobs({ ...effects, records: recordsFor(records!, call), payloads: payloads!, redrive: redrive! }, ids, how);

  return {
    async getJob(call) {
      const id = call.parameter;
      const record = idPattern.test(id) ? await recordsFor(records!, call).read(id) : undefined;
      if (!record) {
        const detail = `Expected the id of a job whose record is there, got ${describe(id)}`;
        return refuse(problemOf("job-not-found", detail));
      }
      const reading = call.query.payload === "false" ? undefined : payloads!.read(record);
      const [[view], kept] = await Promise.all([viewsOf([recordAsRead(record, now())]), reading]);
      const payloadRef = kept?.payloadRef;
      const signed = payloadRef && (await actOnLarge("sign", { type: record.type, id, payloadRef }));
      return answer(200, { ...view, ...kept, ...signed });
    },

    async listJobs({ query, tenant: bound }) {
      const { type, cursor, from, to, tenant = bound, ...wanted } = query as ListQuery;
      const after = cursor === undefined ? undefined : decodeCursor(cursor);
      const problems = Object.entries({ from, to }).flatMap(([name, time]) =>
        time === undefined ? [] : checkRequestTime(name, time),
      );
      if (cursor !== undefined && !after) {
        const message = `Expected the \`cursor\` of an answer before, got ${describe(cursor)}`;
        problems.push({ path: "cursor", message });
      }
      if (problems.length > 0) return refuse(wrongShape(problems));
      const forbidden = tenantProblem(bound, tenant, "tenant");
      if (forbidden) return refuse(forbidden);
      const types = type === undefined ? (await jobTypes.list()).map((each) => each.type) : [type];
      if (types.length > maxListedTypes) {
        const message = `Expected a type, since there are more than ${maxListedTypes}, got nothing`;
        return refuse(wrongShape([{ path: "type", message }]));
      }
      const { records: found, cursor: next } = await listJobs({ index: index!, now }, types, {
        ...{ ...wanted, tenant, after },
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

    async retryJob(call) {
      const wanted = readFields<{ delaySeconds?: number }>(call.event, call.route, runWithin);
      if ("problem" in wanted) return refuse(wanted.problem);
      const actor = readActor(call.event);
      if ("problem" in actor) return refuse(actor.problem);
      const [outcome] = await retry(call, [call.parameter], { ...wanted.value, ...actor });
      if ("problem" in outcome!) return refuse(outcome.problem);
      const [view] = await viewsOf([outcome!.record]);
      return answer(202, view);
    },

    async retryJobs(call) {
      const wanted = readFields<{ ids: string[]; delaySeconds?: number }>(call.event, call.route, runWithin);
      if ("problem" in wanted) return refuse(wanted.problem);
      const actor = readActor(call.event);
      if ("problem" in actor) return refuse(actor.problem);
      const { ids, delaySeconds } = wanted.value;
      return answerEach(await retry(call, [...new Set(ids)], { delaySeconds, ...actor, needsLetters: true }));
    },

    async removeData(call) {
      const id = call.parameter;
      const record = idPattern.test(id) ? await recordsFor(records!, call).read(id) : undefined;
      if (!record) return refuse(problemOf("job-not-found", `No job has the id ${describe(id)}`));
      const { type, state } = recordAsRead(record, now());
      const notEnded = () => refuse(problemOf("job-not-ended", `Job ${id} is ${state}: its data is in use`));
      if (!isFinal(state)) return notEnded();
      const { [id]: letter } = await redrive!({ type, ids: [id], delaySeconds: 0, isDiscarded: true });
      if (letter === "held") {
        return refuse(problemOf("unavailable", `The dead letter of job ${id} was out of reach; try again`));
      }
      await Promise.all([payloads!.remove(record), actOnLarge("remove", { type, id })]);
      const written = await records!.removeData(record, now(), principalOf(call.event));
      return written ? answer(200, jobView(written)) : notEnded();
    },
  };
}
