import { type AttributeValue, type DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { ifConditionHolds, namesIn, valuesOf } from "../../../contract/records/expressions";

/**
 * One conditional update of an item, in DynamoDB's language: `#field` stands for the field, `:name` for one of
 * `values`.
 */
export interface ConditionalUpdate {
  change: string;
  condition: string;
  /** Strings, numbers, and documents, which are kept as JSON. Undefined ones are left out. */
  values: Record<string, unknown>;
}

/** Updates the item of a table, and returns it as it then is; undefined if the condition does not hold. */
export async function updateIf<Decoded>(
  client: DynamoDBClient,
  item: { TableName: string; Key: Record<string, AttributeValue> },
  { change, condition, values }: ConditionalUpdate,
  decode: (item: Record<string, AttributeValue>) => Decoded,
): Promise<Decoded | undefined> {
  const command = new UpdateItemCommand({
    ...item,
    UpdateExpression: change,
    ConditionExpression: condition,
    ExpressionAttributeNames: namesIn(`${change} ${condition}`),
    ExpressionAttributeValues: valuesOf(values),
    ReturnValues: "ALL_NEW",
  });
  const written = await ifConditionHolds(client.send(command));
  return written && decode(written.Attributes!);
}
