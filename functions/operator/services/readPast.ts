import { type DynamoDBClient, QueryCommand } from "@aws-sdk/client-dynamodb";
import { historyKey } from "../../../contract/fleet/history";
import { decodeFlat } from "../../../contract/records/flatItem";

/** Counts as `encodePast` writes them, by their time in ISO 8601, oldest first. */
export type Past = [at: string, past: string][];

/** Reads a type's past counts: of the last hours in which there were any. */
export type ReadPast = (type: string, hours: number) => Promise<Past>;

/** Reads the type's history in the fleet table: a week's fits into one answer. */
export function readPastFrom(client: DynamoDBClient, tableName: string): ReadPast {
  return async function readPast(type, hours) {
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName: tableName,
        KeyConditionExpression: "#type = :type",
        // `type` is a reserved word.
        ExpressionAttributeNames: { "#type": "type" },
        ExpressionAttributeValues: { ":type": { S: historyKey(type) } },
        ScanIndexForward: false,
        Limit: hours,
      }),
    );
    const past = Items.map(decodeFlat).flatMap(({ item: hour, ...attributes }) =>
      Object.entries(attributes).flatMap(([attribute, text]) =>
        attribute.includes(":") ? [[`${hour}:${attribute}.000Z`, String(text)] as [string, string]] : [],
      ),
    );
    return past.sort(([one], [other]) => (one < other ? -1 : 1));
  };
}
