import {
  type AttributeValue,
  BatchGetItemCommand,
  type DynamoDBClient,
  type KeysAndAttributes,
} from "@aws-sdk/client-dynamodb";

/** Rounds of reading the items that DynamoDB left unprocessed. */
const maxReads = 4;

/**
 * Reads up to 100 items of a table ("BatchGetItem", Amazon DynamoDB API Reference), in any order, less those that
 * aren't there.
 *
 * @throws Error if DynamoDB leaves some unprocessed in each of four rounds.
 */
export async function readItems(
  client: DynamoDBClient,
  tableName: string,
  asked: KeysAndAttributes,
): Promise<Record<string, AttributeValue>[]> {
  const items: Record<string, AttributeValue>[] = [];
  let left = asked.Keys ?? [];
  for (let reads = 0; left.length > 0; reads++) {
    if (reads === maxReads) throw new Error(`${left.length} items of ${tableName} could not be read`);
    const request = { RequestItems: { [tableName]: { ...asked, Keys: left } } };
    const { Responses, UnprocessedKeys } = await client.send(new BatchGetItemCommand(request));
    items.push(...(Responses?.[tableName] ?? []));
    left = UnprocessedKeys?.[tableName]?.Keys ?? [];
  }
  return items;
}
