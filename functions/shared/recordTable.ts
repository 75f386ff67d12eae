import { type DynamoDBClient, GetItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { ifConditionHolds, namesIn, valuesOf } from "../../contract/records/expressions";
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
      const command = new UpdateItemCommand({
        ...itemOf(id),
        UpdateExpression: change,
        ConditionExpression: condition,
        ExpressionAttributeNames: namesIn(`${change} ${condition}`),
        ExpressionAttributeValues: valuesOf(values),
        ReturnValues: "ALL_NEW",
      });
      const answer = await ifConditionHolds(client.send(command));
      return answer && decodeRecord(answer.Attributes ?? {});
    },
  };
}
