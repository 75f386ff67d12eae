import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";

export const deploymentOnlyModule = true;

/** A message of the topic that the router could not route, since SQS took none of it. */
export interface UnsentEvent {
  id: string;
  message: string;
}

/** Where they are kept until SQS is back: not in SQS. */
export interface UnsentEvents {
  keep(message: string): Promise<void>;
  /** Some of them, in no order. */
  list(): Promise<UnsentEvent[]>;
  remove(id: string): Promise<void>;
}

/** Of one look; a page of DynamoDB holds 1 MB anyway. */
const eventsAtOnce = 100;

/** The table of unsent events in DynamoDB. A message of SNS fits an item. */
export function createUnsentEvents(client: DynamoDBClient, tableName: string): UnsentEvents {
  const { DeleteItemCommand, PutItemCommand, ScanCommand } =
    require("@aws-sdk/client-dynamodb") as typeof import("@aws-sdk/client-dynamodb");
  return {
    async keep(message) {
      const { randomUUID } = require("node:crypto") as typeof import("node:crypto");
      const Item = { id: { S: randomUUID() }, message: { S: message } };
      await client.send(new PutItemCommand({ TableName: tableName, Item }));
    },
    async list() {
      const { Items = [] } = await client.send(new ScanCommand({ TableName: tableName, Limit: eventsAtOnce }));
      return Items.map(({ id, message }) => ({ id: id?.S ?? "", message: message?.S ?? "" }));
    },
    async remove(id) {
      await client.send(new DeleteItemCommand({ TableName: tableName, Key: { id: { S: id } } }));
    },
  };
}
