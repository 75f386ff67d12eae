import { type AttributeValue, type DynamoDBClient, QueryCommand } from "@aws-sdk/client-dynamodb";
import { limits } from "../../contract/limits";
import { valuesOf } from "../../contract/records/expressions";
import { endedAs, listIndex } from "../../contract/records/listKey";
import type { JobRecord } from "../../contract/records/record";
import { createRecordTable } from "../shared/tables/recordTable";

/** The records of jobs that can't run any more. */
export interface FailedRecords {
  read(id: string): Promise<JobRecord | undefined>;
  /**
   * Ends the job with the record's error and time, unless it has ended, was claimed or redriven since the record was
   * read, or is running; returns true if it did. An end that is not published yet has no expiry, and may be written
   * again.
   */
  fail(record: JobRecord, now: number, isAnnounced: boolean): Promise<boolean>;
  /** Ids under an index key, oldest jobs first: submitted before the time, after the end of the previous page. */
  oldest(listKey: string, before: string, start: unknown): Promise<{ ids: string[]; next?: unknown }>;
}

const pageSize = 25;

/** The table of job records in DynamoDB. */
export function createFailedRecords(client: DynamoDBClient, tableName: string): FailedRecords {
  const { read, update } = createRecordTable(client, tableName);
  return {
    read,
    async fail({ id, error, finishedAt, startedAt, retriedAt }, now, isAnnounced) {
      const expiresAt = isAnnounced ? Math.floor(now / 1_000) + limits.recordRetentionSeconds : undefined;
      const failed = await update(id, {
        change: `SET #state = :failed, #error = :error, #finishedAt = :finishedAt, #endedAs = :endedAs${isAnnounced ? ", #expiresAt = :expiresAt" : ""} REMOVE #leaseUntil`,
        condition: [
          "(#state = :queued OR #state = :running AND #leaseUntil <= :now OR #state = :failed AND attribute_not_exists(#expiresAt))",
          ...Object.entries({ startedAt, retriedAt }).map(([field, value]) =>
            value ? `#${field} = :${field}` : `attribute_not_exists(#${field})`,
          ),
        ].join(" AND "),
        values: {
          ...{ failed: "failed", queued: "queued", running: "running", endedAs: endedAs("failed", finishedAt!) },
          ...{ now, error, finishedAt, expiresAt, startedAt, retriedAt },
        },
      });
      return failed !== undefined;
    },
    async oldest(listKey, before, start) {
      const { Items = [], LastEvaluatedKey } = await client.send(
        new QueryCommand({
          TableName: tableName,
          IndexName: listIndex,
          KeyConditionExpression: "listKey = :listKey AND submittedAt < :before",
          ExpressionAttributeValues: valuesOf({ listKey, before }),
          Limit: pageSize,
          ExclusiveStartKey: start as Record<string, AttributeValue> | undefined,
        }),
      );
      return { ids: Items.map(({ id }) => id?.S ?? ""), next: LastEvaluatedKey };
    },
  };
}
