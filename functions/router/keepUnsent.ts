import { randomUUID } from "node:crypto";
import { type DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import type { UnsentEvent } from "../shared/unsentEvents";

/** Keeps jobs outside SQS, for the repair run. */
export type KeepUnsent = (event: Omit<UnsentEvent, "id">) => Promise<void>;

/** Keeps them in the table of unsent events in DynamoDB. An SNS message fits into an item. */
export function createKeepUnsent(client: DynamoDBClient, tableName: string): KeepUnsent {
  return async function keepUnsent({ queue, message }) {
    const Item = { id: { S: randomUUID() }, queue: { S: queue }, message: { S: message } };
    await client.send(new PutItemCommand({ TableName: tableName, Item }));
  };
}
