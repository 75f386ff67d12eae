import { settingsOf } from "../../../contract/messages/envelope";
import { readTraceparent } from "../../../contract/messages/traceparent";
import { listKeyOf } from "../../../contract/records/listKey";
import { type JobRecord } from "../../../contract/records/record";
import { addUsage, usageOf, type UsageRate } from "../usage/usageOf";
import { logAttempt } from "./attemptLog";
import { type ClaimRequest } from "./records";
import { type RecordFields, type RecordUpdate, unchangedSince } from "./recordUpdate";

/** Fields that an attempt writes and the next one must not inherit. */
const leftovers = [
  ...(["progress", "result", "resultRef", "resultOmitted"] as const),
  ...(["finishedAt", "endedAs", "retryAt", "expiresAt"] as const),
] as const;

/** Fields of a job that may have brought a worker down; an attempt that ends otherwise clears them. */
export const suspicion = ["suspect", "lossesAlone", "deferrals"] as const;

/** The usual claim, in one call: the job has no record, or waits, and is no suspect. */
export function startAnyway(request: ClaimRequest): RecordUpdate {
  // AND binds before OR; the local DynamoDB takes several times as long to read nested parentheses.
  const isFree = "attribute_not_exists(#suspect) AND #state = :queued";
  return {
    ...begun(request),
    remove: [...leftovers],
    raise: { attempts: 0, claims: request.now },
    condition: `attribute_not_exists(#id) OR attribute_not_exists(#cancelRequestedAt) AND #attempts < :max AND ${isFree}`,
    values: {
      queued: { field: "state", value: "queued" },
      max: { field: "attempts", value: request.maxAttempts },
    },
  };
}

/** A claim that was decided on after reading the record. */
export function startAs(
  decision: { attempt: number; isFresh: boolean },
  record: JobRecord | undefined,
  request: ClaimRequest,
): RecordUpdate {
  const { set, setIfMissing } = begun(request);
  const forgotten = decision.isFresh ? (["error", "cancelRequestedAt", "cancelledBy", ...suspicion] as const) : [];
  // The front end writes the same, unless the message is quicker, or the front end was cut off before.
  const { retry } = request.job;
  const isRetry = decision.isFresh && retry?.of === record?.finishedAt;
  const { at: retriedAt, by: retriedBy, key: retryKey } = (isRetry && retry) || {};
  return {
    set: { ...set, attempts: decision.attempt, retriedAt, retriedBy, retryKey },
    setIfMissing,
    raise: { claims: request.now, ...(retriedAt !== undefined && { retries: 0 }) },
    remove: [...leftovers, ...forgotten],
    ...unchangedSince(record),
  };
}

/** The fields of a job that a worker has. */
export function taken(request: ClaimRequest): RecordFields {
  const { worker, messageId, leaseUntil } = request;
  return { state: "running", worker, messageId, leaseUntil };
}

function begun(request: ClaimRequest): Pick<RecordUpdate, "set" | "setIfMissing"> {
  const { id, type } = request.job;
  const settings = { ...settingsOf(request.job), traceparent: readTraceparent(request.job.traceparent) };
  // Other publishers' times have many forms; lists compare them as texts.
  const submittedAt = new Date(request.job.submittedAt).toISOString();
  return {
    set: { ...taken(request), startedAt: new Date(request.now).toISOString() },
    setIfMissing: { type, submittedAt, listKey: listKeyOf(type, id), ...settings },
  };
}

/** Log and usage with the attempt whose worker was lost, if one was: it is taken to have run until its lease ended. */
export function withLost(record: JobRecord | undefined, { now }: ClaimRequest, rate: UsageRate): RecordFields {
  if (record?.state !== "running") return {};
  const { attempts: attempt, worker = "", startedAt = record.submittedAt, leaseUntil = now } = record;
  // No attempt ran: the worker was lost while it dead-lettered the job.
  if (record.attemptLog?.at(-1)?.startedAt === startedAt) return {};
  const end = Math.min(leaseUntil, now);
  const lost = { attempt, worker, startedAt, endedAt: new Date(end).toISOString(), outcome: "lost" } as const;
  return {
    attemptLog: logAttempt(record.attemptLog, lost),
    usage: addUsage(record.usage, usageOf(end - Date.parse(startedAt), rate, record.suspect)),
  };
}
