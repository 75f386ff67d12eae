import { type DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { limits } from "../../../contract/limits";
import { ifConditionHolds } from "../../../contract/records/expressions";
import { endedAs } from "../../../contract/records/listKey";
import { encodeRecord, type JobRecord } from "../../../contract/records/record";
import { createRecordTable } from "../../shared/tables/recordTable";
import type { JobRecords } from "../effects";

/** The table of job records in DynamoDB. */
export function createJobRecords(client: DynamoDBClient, tableName: string): JobRecords {
  const { read, update } = createRecordTable(client, tableName);

  async function put(record: JobRecord): Promise<boolean> {
    const command = new PutItemCommand({
      TableName: tableName,
      Item: encodeRecord(record),
      ConditionExpression: "attribute_not_exists(id)",
    });
    return (await ifConditionHolds(client.send(command))) !== undefined;
  }

  function requestCancel({ id, state, notBefore }: JobRecord, now: number, by?: string) {
    const isWaiting = state === "queued";
    // The record must outlast the start time of a job far ahead, which then finds that it was cancelled.
    const retainedFrom = Math.max(now, Date.parse(notBefore ?? "") || 0);
    const expiresAt = Math.floor(retainedFrom / 1_000) + limits.recordRetentionSeconds;
    const who = by === undefined ? "" : ", #cancelledBy = if_not_exists(#cancelledBy, :by)";
    const requestedAt = new Date(now).toISOString();
    const end = ", #state = :cancelled, #finishedAt = :requestedAt, #endedAs = :endedAs, #expiresAt = :expiresAt";
    return update(id, {
      change: `SET #cancelRequestedAt = if_not_exists(#cancelRequestedAt, :requestedAt)${who}${isWaiting ? end : ""}`,
      condition: "#state = :state",
      values: {
        ...{ state, requestedAt, by },
        ...(isWaiting && { cancelled: "cancelled", endedAs: endedAs("cancelled", requestedAt), expiresAt }),
      },
    });
  }

  return {
    read,
    requestCancel,
    async create(record) {
      if (await put(record)) return undefined;
      const present = await read(record.id);
      if (present) return present;
      // The record that was in the way has expired meanwhile.
      if (await put(record)) return undefined;
      throw new Error(`Expected the record of job ${record.id} to be there or not, got both in turn`);
    },
  };
}
