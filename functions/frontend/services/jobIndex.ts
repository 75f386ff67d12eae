import { type AttributeValue, type DynamoDBClient, QueryCommand } from "@aws-sdk/client-dynamodb";
import { jobSettings } from "../../../contract/messages/envelope";
import { namesIn } from "../../../contract/records/expressions";
import { endedAs, listIndex, unsuccessfulIndex } from "../../../contract/records/listKey";
import { decodeRecord } from "../../../contract/records/record";
import { readItems } from "../../shared/tables/readItems";
import type { JobIndex } from "../listJobs";

/** Bytes of a range key ("Quotas in Amazon DynamoDB"). */
const maxKeyBytes = 1_024;

/** The fields that a list shows or that determine a record's state; without results, which may be large. */
const fields = [
  ...["id", "type", "state", "attempts", "progress", "error", "leaseUntil"],
  ...[...jobSettings, "submittedAt", "notBefore", "startedAt", "finishedAt", "cancelRequestedAt", "usage"],
  ...["retryAt", "retryKey", "retries", "retriedAt", "retriedBy", "cancelledBy", "submittedBy", "replayOf"],
];

/** The index of the table of job records in DynamoDB. */
export function createJobIndex(client: DynamoDBClient, tableName: string): JobIndex {
  type Key = Record<string, AttributeValue>;
  return {
    async page(part, { from = "\0", to = "\u{10ffff}" }, count, start) {
      const [IndexName, hash, value, range, prefix] =
        "listKey" in part
          ? [listIndex, "listKey", part.listKey, "submittedAt", ""]
          : [unsuccessfulIndex, "type", part.type, "endedAs", endedAs(part.state, "")];
      // DynamoDB refuses such a range, of a cursor that isn't of this list.
      if (from > to || Buffer.byteLength(prefix + to) > maxKeyBytes) return { places: [] };
      const { Items = [], LastEvaluatedKey } = await client.send(
        new QueryCommand({
          TableName: tableName,
          IndexName,
          KeyConditionExpression: `#hash = :hash AND ${range} BETWEEN :from AND :to`,
          // `type` is a reserved word.
          ExpressionAttributeNames: { "#hash": hash },
          ExpressionAttributeValues: {
            ...{ ":hash": { S: value }, ":from": { S: prefix + from }, ":to": { S: prefix + to } },
          },
          ScanIndexForward: false,
          Limit: count,
          ExclusiveStartKey: start as Key | undefined,
        }),
      );
      const places = Items.map(({ [range]: at, id }) => ({ at: at?.S?.slice(prefix.length) ?? "", id: id?.S ?? "" }));
      return { places, next: LastEvaluatedKey };
    },
    async readMany(ids) {
      const ProjectionExpression = fields.map((field) => `#${field}`).join(", ");
      const ExpressionAttributeNames = namesIn(ProjectionExpression);
      const Keys = ids.map((id) => ({ id: { S: id } }));
      const items = await readItems(client, tableName, { Keys, ProjectionExpression, ExpressionAttributeNames });
      return items.map(decodeRecord);
    },
  };
}
