import { QueryCommand } from "@aws-sdk/client-dynamodb";
import { type UsageItem, usageKey } from "../../../contract/fleet/usage";
import { fleetTable } from "./fleet";
import type { Journey } from "./stack";

/** A type's items of usage, by their sort keys. */
export async function usageItems(journey: Journey, type: string): Promise<Record<string, Partial<UsageItem>>> {
  const { Items = [] } = await journey.dynamodb.send(
    new QueryCommand({
      TableName: fleetTable(journey),
      ConsistentRead: true,
      KeyConditionExpression: "#type = :key",
      ExpressionAttributeNames: { "#type": "type" },
      ExpressionAttributeValues: { ":key": { S: usageKey(type) } },
    }),
  );
  return Object.fromEntries(
    Items.map(({ type: _, item, ...fields }) => [
      item!.S!,
      Object.fromEntries(Object.entries(fields).map(([field, { N }]) => [field, Number(N)])),
    ]),
  );
}

/** Sum over all days of a field of the items of a dimension, such as `type` or `tenant`. */
export async function usageSum(
  journey: Journey,
  type: string,
  dimension: string,
  field: keyof UsageItem,
): Promise<number> {
  const items = Object.entries(await usageItems(journey, type)).filter(([item]) => item.startsWith(`${dimension}#`));
  return items.reduce((sum, [, item]) => sum + (item[field] ?? 0), 0);
}
