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
  const numbersOf = (item: (typeof Items)[number]) =>
    Object.entries(item).flatMap(([field, { N }]) => (N === undefined ? [] : [[field, Number(N)] as const]));
  return Object.fromEntries(Items.map((item) => [item.item!.S!, Object.fromEntries(numbersOf(item))]));
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
