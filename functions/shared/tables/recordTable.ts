import { type DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { decodeRecord, type JobRecord } from "../../../contract/records/record";
import { type ConditionalUpdate, updateIf } from "./updateIf";

export interface RecordTable {
  /** Reads the record consistently: one just written is seen. */
  read: (id: string) => Promise<JobRecord | undefined>;
  /** The record after the update; undefined if its condition does not hold. */
  update: (id: string, update: ConditionalUpdate) => Promise<JobRecord | undefined>;
}

/** The table of job records in DynamoDB. */
export function createRecordTable(client: DynamoDBClient, tableName: string): RecordTable {
  const itemOf = (id: string) => ({ TableName: tableName, Key: { id: { S: id } } });
  return {
    async read(id) {
      const { Item } = await client.send(new GetItemCommand({ ...itemOf(id), ConsistentRead: true }));
      return Item && decodeRecord(Item);
    },
    update: (id, update) => updateIf(client, itemOf(id), update, decodeRecord),
  };
}
