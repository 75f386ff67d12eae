import type { RetryMark } from "../../../contract/messages/envelope";
import type { JobRecord } from "../../../contract/records/record";
import type { RecordTable } from "./recordTable";

/** A retry's time, caller and key, and the seconds for which the job is to wait. */
export type Requeue = Omit<RetryMark, "of"> & { delaySeconds: number };

/**
 * Queues an ended job again, with attempts counted from zero, unless it changed since the record was read; returns true
 * if it did.
 */
export type RequeueRecord = (record: JobRecord, retry: Requeue) => Promise<boolean>;

/** Fields of earlier attempts that the next ones must not find. */
const forgotten =
  "#startedAt, #finishedAt, #expiresAt, #leaseUntil, #retryAt, #suspect, #lossesAlone, #deferrals, #endedAs, " +
  "#error, #result, #resultRef, #resultOmitted, #progress, #cancelRequestedAt, #cancelledBy";

/** Requeues records in DynamoDB. */
export function requeueIn({ update }: Pick<RecordTable, "update">): RequeueRecord {
  return async function requeueRecord({ id, state, finishedAt, notBefore: before }, { at, by, key, delaySeconds }) {
    const delayed = new Date(Date.parse(at) + delaySeconds * 1_000).toISOString();
    const notBefore = delaySeconds > 0 ? delayed : before !== undefined && before <= at ? before : undefined;
    const fields = Object.entries({ retriedBy: by, retryKey: key, notBefore });
    const set = fields.map(([field, value]) => (value === undefined ? "" : `, #${field} = :${field}`)).join("");
    const removed = fields.flatMap(([field, value]) => (value === undefined ? [`#${field}`] : []));
    const requeued = await update(id, {
      change: `SET #state = :queued, #attempts = :none, #retriedAt = :at, #retries = if_not_exists(#retries, :none) + :one${set} REMOVE ${[forgotten, ...removed].join(", ")}`,
      condition: `#state = :state AND ${finishedAt === undefined ? "attribute_not_exists(#finishedAt)" : "#finishedAt = :finishedAt"}`,
      values: { queued: "queued", none: 0, one: 1, at, state, finishedAt, ...Object.fromEntries(fields) },
    });
    return requeued !== undefined;
  };
}
