import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { limits } from "../../contract/limits";
import { decodeRecord, encodeField, type JobError, type JobRecord } from "../../contract/record";

export const deploymentOnlyModule = true;

/** The records of jobs that nobody will run any more. */
export interface FailedRecords {
  read(id: string): Promise<JobRecord | undefined>;
  /** Ends the job as failed, unless it has ended, or is being worked on; says whether it did. */
  fail(id: string, error: JobError, now: number): Promise<boolean>;
}

/** The table of job records in DynamoDB. */
export function createFailedRecords(client: DynamoDBClient, tableName: string): FailedRecords {
  const { GetItemCommand, UpdateItemCommand } =
    require("@aws-sdk/client-dynamodb") as typeof import("@aws-sdk/client-dynamodb");
  return {
    async read(id) {
      const command = new GetItemCommand({ TableName: tableName, Key: { id: { S: id } }, ConsistentRead: true });
      const { Item } = await client.send(command);
      return Item && decodeRecord(Item);
    },
    async fail(id, error, now) {
      const command = new UpdateItemCommand({
        TableName: tableName,
        Key: { id: { S: id } },
        UpdateExpression:
          "SET #state = :failed, #error = :error, #finishedAt = :finishedAt, #expiresAt = :expiresAt REMOVE #leaseUntil",
        ConditionExpression: "#state = :queued OR (#state = :running AND #leaseUntil <= :now)",
        ExpressionAttributeNames: {
          "#state": "state",
          "#error": "error",
          "#finishedAt": "finishedAt",
          "#expiresAt": "expiresAt",
          "#leaseUntil": "leaseUntil",
        },
        ExpressionAttributeValues: {
          ":failed": encodeField("state", "failed"),
          ":queued": encodeField("state", "queued"),
          ":running": encodeField("state", "running"),
          ":now": encodeField("leaseUntil", now),
          ":error": encodeField("error", error),
          ":finishedAt": encodeField("finishedAt", new Date(now).toISOString()),
          ":expiresAt": encodeField("expiresAt", Math.floor(now / 1_000) + limits.recordRetentionSeconds),
        },
      });
      try {
        await client.send(command);
        return true;
      } catch (failure) {
        if ((failure as Error).name === "ConditionalCheckFailedException") return false;
        throw failure;
      }
    },
  };
}
