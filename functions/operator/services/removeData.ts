import type { JobRecord } from "../../../contract/records/record";
import type { RecordTable } from "../../shared/tables/recordTable";

/** Removes the result of an ended job, unless it changed since the record was read. Gives the record afterwards. */
export type RemoveData = (record: JobRecord, now: number, by?: string) => Promise<JobRecord | undefined>;

/** Removes results from records in DynamoDB. */
export function removeDataIn({ update }: Pick<RecordTable, "update">): RemoveData {
  return async function removeData({ id, state, finishedAt }, now, by) {
    const who = by === undefined ? "" : ", #dataRemovedBy = :by";
    return update(id, {
      change: `SET #dataRemovedAt = :now${who} REMOVE #result, #resultRef, #resultOmitted, #checkpointAt`,
      condition: `#state = :state AND ${finishedAt === undefined ? "attribute_not_exists(#finishedAt)" : "#finishedAt = :finishedAt"}`,
      values: { state, finishedAt, now: new Date(now).toISOString(), by },
    });
  };
}
