import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { decodeRecord, encodeRecord, type JobRecord } from "../../contract/record";
import type { JobRecords } from "./submitJobs";

export const deploymentOnlyModule = true;

/** The table of job records in DynamoDB. */
export function createJobRecords(client: DynamoDBClient, tableName: string): JobRecords {
  const { GetItemCommand, PutItemCommand } =
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

  return {
    read,
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
