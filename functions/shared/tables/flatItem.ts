import type { AttributeValue } from "@aws-sdk/client-dynamodb";

/** The numbers and texts of a DynamoDB item, each under its field's name. */
export function decodeFlat(item: Record<string, AttributeValue>): Record<string, number | string | undefined> {
  return Object.fromEntries(Object.entries(item).map(([field, { N, S }]) => [field, N === undefined ? S : Number(N)]));
}
