import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { decodeRecord, encodeField, type JobRecord } from "../../contract/record";
import type { RequeuedRecords } from "./redrive";

export const deploymentOnlyModule = true;

/** What the attempts before left, and the next ones must not find. */
const forgotten = [
  ...["startedAt", "finishedAt", "expiresAt", "leaseUntil", "retryAt", "suspect", "lossesAlone", "deferrals"],
  ...["error", "result", "resultOmitted", "progress", "cancelRequestedAt"],
];

/** The table of job records in DynamoDB. */
export function createRequeuedRecords(client: DynamoDBClient, tableName: string): RequeuedRecords {
  const { GetItemCommand, UpdateItemCommand } =
    require("@aws-sdk/client-dynamodb") as typeof import("@aws-sdk/client-dynamodb");
  return {
    async read(id) {
      const command = new GetItemCommand({ TableName: tableName, Key: { id: { S: id } }, ConsistentRead: true });
      const { Item } = await client.send(command);
      return Item && decodeRecord(Item);
    },
    async requeue({ id, state, finishedAt }: JobRecord, now, delaySeconds) {
      const notBefore = delaySeconds > 0 ? new Date(now + delaySeconds * 1_000).toISOString() : undefined;
      const isUnchanged = finishedAt === undefined ? "attribute_not_exists(#finishedAt)" : "#finishedAt = :finishedAt";
      const command = new UpdateItemCommand({
        TableName: tableName,
        Key: { id: { S: id } },
        UpdateExpression: [
          "SET #state = :queued, #attempts = :none, #retriedAt = :now, #retries = if_not_exists(#retries, :none) + :one",
          notBefore === undefined ? "" : ", #notBefore = :notBefore",
          ` REMOVE ${forgotten.map((field) => `#${field}`).join(", ")}`,
        ].join(""),
        ConditionExpression: `#state = :state AND ${isUnchanged}`,
        ExpressionAttributeNames: Object.fromEntries(
          ["state", "attempts", "retriedAt", "retries", ...(notBefore ? ["notBefore"] : []), ...forgotten].map(
            (field) => [`#${field}`, field],
          ),
        ),
        ExpressionAttributeValues: {
          ":state": encodeField("state", state),
          ":queued": encodeField("state", "queued"),
          ":none": encodeField("attempts", 0),
          ":one": encodeField("attempts", 1),
          ":now": encodeField("retriedAt", new Date(now).toISOString()),
          ...(finishedAt !== undefined && { ":finishedAt": encodeField("finishedAt", finishedAt) }),
          ...(notBefore !== undefined && { ":notBefore": encodeField("notBefore", notBefore) }),
        },
      });
      try {
        await client.send(command);
        return true;
      } catch (error) {
        if ((error as Error).name === "ConditionalCheckFailedException") return false;
        throw error;
      }
    },
  };
}
