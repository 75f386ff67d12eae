import { type DynamoDBClient, GetItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { isConditionFailed } from "../../contract/check";
import { decodeRecord, type JobRecord } from "../../contract/records/record";

/**
 * One conditional update of a record, in DynamoDB's language: `#field` stands for the field, `:name` for one of
 * `values`.
 */
export interface RecordUpdate {
  change: string;
  condition: string;
  /** Strings, numbers, and documents, which are kept as JSON. Undefined ones are left out. */
  values: Record<string, unknown>;
}

export interface RecordTable {
  /** Reads the record consistently: one just written is seen. */
  read: (id: string) => Promise<JobRecord | undefined>;
  /** The record after the update; undefined if its condition does not hold. */
  update: (id: string, update: RecordUpdate) => Promise<JobRecord | undefined>;
}

/** The table of job records in DynamoDB. */
export function createRecordTable(client: DynamoDBClient, tableName: string): RecordTable {
  const itemOf = (id: string) => ({ TableName: tableName, Key: { id: { S: id } } });
  return {
    async read(id) {
      const { Item } = await client.send(new GetItemCommand({ ...itemOf(id), ConsistentRead: true }));
      return Item && decodeRecord(Item);
    },
    async update(id, { change, condition, values }) {
      const names = `${change} ${condition}`.match(/#\w+/g) ?? [];
      const given = Object.entries(values).filter(([, value]) => value !== undefined);
      const command = new UpdateItemCommand({
        ...itemOf(id),
        UpdateExpression: change,
        ConditionExpression: condition,
        ExpressionAttributeNames: Object.fromEntries(names.map((name) => [name, name.slice(1)])),
        ExpressionAttributeValues: Object.fromEntries(given.map(([name, value]) => [`:${name}`, encode(value)])),
        ReturnValues: "ALL_NEW",
      });
      try {
        return decodeRecord((await client.send(command)).Attributes ?? {});
      } catch (error) {
        if (isConditionFailed(error)) return undefined;
        throw error;
      }
    },
  };
}

function encode(value: unknown): { N: string } | { S: string } {
  if (typeof value === "number") return { N: String(value) };
  return { S: typeof value === "string" ? value : JSON.stringify(value) };
}
