import { type AttributeValue, BatchGetItemCommand, type DynamoDBClient, QueryCommand } from "@aws-sdk/client-dynamodb";
import { namesIn } from "../../../contract/records/expressions";
import { listIndex } from "../../../contract/records/listKey";
import { decodeRecord, type JobRecord } from "../../../contract/records/record";
import type { JobIndex } from "../listJobs";

const pageSize = 100;

/** Rounds of reading the items that DynamoDB left unprocessed. */
const maxReads = 4;

/** The fields that a list shows or that determine a record's state; without results, which may be large. */
const fields = [
  ...["id", "type", "state", "attempts", "progress", "error", "leaseUntil"],
  ...["tenant", "submittedAt", "notBefore", "startedAt", "finishedAt", "cancelRequestedAt"],
  ...["retryAt", "retries", "retriedAt", "retriedBy", "cancelledBy", "labels", "submittedBy", "replayOf"],
];

/** The index of the table of job records in DynamoDB. */
export function createJobIndex(client: DynamoDBClient, tableName: string): JobIndex {
  type Key = Record<string, AttributeValue>;
  return {
    async page(listKey, from, start) {
      const { Items = [], LastEvaluatedKey } = await client.send(
        new QueryCommand({
          TableName: tableName,
          IndexName: listIndex,
          KeyConditionExpression: `listKey = :listKey${from === undefined ? "" : " AND submittedAt <= :from"}`,
          ExpressionAttributeValues: {
            ":listKey": { S: listKey },
            ...(from !== undefined && { ":from": { S: from } }),
          },
          ScanIndexForward: false,
          Limit: pageSize,
          ExclusiveStartKey: start as Key | undefined,
        }),
      );
      const places = Items.map(({ submittedAt, id }) => ({ submittedAt: submittedAt?.S ?? "", id: id?.S ?? "" }));
      return { places, next: LastEvaluatedKey };
    },
    async readMany(ids) {
      const records: JobRecord[] = [];
      const ProjectionExpression = fields.map((field) => `#${field}`).join(", ");
      let keys: Key[] = ids.map((id) => ({ id: { S: id } }));
      for (let reads = 0; keys.length > 0; reads++) {
        if (reads === maxReads) throw new Error(`${keys.length} of ${ids.length} records could not be read`);
        const { Responses, UnprocessedKeys } = await client.send(
          new BatchGetItemCommand({
            RequestItems: {
              [tableName]: {
                Keys: keys,
                ProjectionExpression,
                ExpressionAttributeNames: namesIn(ProjectionExpression),
              },
            },
          }),
        );
        records.push(...(Responses?.[tableName] ?? []).map(decodeRecord));
        keys = UnprocessedKeys?.[tableName]?.Keys ?? [];
      }
      return records;
    },
  };
}
