import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { UnsentEvent } from "../shared/unsentEvents";

export const deploymentOnlyModule = true;

/** Keeps jobs elsewhere than in SQS, for the repair run. */
export type KeepUnsent = (event: Omit<UnsentEvent, "id">) => Promise<void>;

/** Keeps them in the table of unsent events in DynamoDB. A message of SNS fits an item. */
export function createKeepUnsent(client: DynamoDBClient, tableName: string): KeepUnsent {
  const { PutItemCommand } = require("@aws-sdk/client-dynamodb") as typeof import("@aws-sdk/client-dynamodb");
  return async function keepUnsent({ queue, message }) {
    const { randomUUID } = require("node:crypto") as typeof import("node:crypto");
    const Item = { id: { S: randomUUID() }, queue: { S: queue }, message: { S: message } };
    await client.send(new PutItemCommand({ TableName: tableName, Item }));
  };
}
