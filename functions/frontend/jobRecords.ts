import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { limits } from "../../contract/limits";
import { decodeRecord, encodeField, encodeRecord, type JobRecord } from "../../contract/record";
import type { JobRecords } from "./submitJobs";

export const deploymentOnlyModule = true;

/** The table of job records in DynamoDB. */
export function createJobRecords(client: DynamoDBClient, tableName: string): JobRecords {
  const { GetItemCommand, PutItemCommand, UpdateItemCommand } =
    require("@aws-sdk/client-dynamodb") as typeof import("@aws-sdk/client-dynamodb");

  async function put(record: JobRecord): Promise<boolean> {
    const command = new PutItemCommand({
      TableName: tableName,
      Item: encodeRecord(record),
      ConditionExpression: "attribute_not_exists(id)",
    });
    try {
      await client.send(command);
      return true;
    } catch (error) {
      if ((error as Error).name === "ConditionalCheckFailedException") return false;
      throw error;
    }
  }

  async function read(id: string): Promise<JobRecord | undefined> {
    // A client may ask right after its 202, and must find its job.
    const command = new GetItemCommand({ TableName: tableName, Key: { id: { S: id } }, ConsistentRead: true });
    const { Item } = await client.send(command);
    return Item && decodeRecord(Item);
  }

  async function requestCancel({ id, state, notBefore }: JobRecord, now: number): Promise<JobRecord | undefined> {
    const isWaiting = state === "queued";
    // A job of next year must find then that it was cancelled.
    const retainedFrom = Math.max(now, Date.parse(notBefore ?? "") || 0);
    const expiresAt = Math.floor(retainedFrom / 1_000) + limits.recordRetentionSeconds;
    const end = isWaiting ? ", #state = :cancelled, #finishedAt = :requestedAt, #expiresAt = :expiresAt" : "";
    const command = new UpdateItemCommand({
      TableName: tableName,
      Key: { id: { S: id } },
      UpdateExpression: `SET #requestedAt = if_not_exists(#requestedAt, :requestedAt)${end}`,
      ConditionExpression: "#state = :state",
      ExpressionAttributeNames: {
        "#state": "state",
        "#requestedAt": "cancelRequestedAt",
        ...(isWaiting && { "#finishedAt": "finishedAt", "#expiresAt": "expiresAt" }),
      },
      ExpressionAttributeValues: {
        ":state": encodeField("state", state),
        ":requestedAt": encodeField("cancelRequestedAt", new Date(now).toISOString()),
        ...(isWaiting && {
          ":cancelled": encodeField("state", "cancelled"),
          ":expiresAt": encodeField("expiresAt", expiresAt),
        }),
      },
      ReturnValues: "ALL_NEW",
    });
    try {
      const { Attributes } = await client.send(command);
      return Attributes && decodeRecord(Attributes);
    } catch (error) {
      if ((error as Error).name === "ConditionalCheckFailedException") return undefined;
      throw error;
    }
  }

  return {
    read,
    requestCancel,
    async create(record) {
      if (await put(record)) return undefined;
      const present = await read(record.id);
      if (present) return present;
      // The record that was in the way has expired in between.
      if (await put(record)) return undefined;
      throw new Error(`Expected the record of job ${record.id} to be there or not, got both in turn`);
    },
  };
}
