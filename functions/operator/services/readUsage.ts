import { type DynamoDBClient, QueryCommand } from "@aws-sdk/client-dynamodb";
import { type UsageDimension, type UsageItem, usageItem, usageKey } from "../../../contract/fleet/usage";
import { namesIn, valuesOf } from "../../../contract/records/expressions";
import { decodeFlat } from "../../../contract/records/flatItem";

/** Days of usage: dates in UTC, both included. */
export interface Days {
  from: string;
  to: string;
}

/** Usage of one value on one day; a type's own has an empty value. */
export type DaysUsage = UsageItem & { day: string; value: string };

export interface UsagePage {
  items: DaysUsage[];
  /** Sort key after which there is more. */
  next?: string | undefined;
}

/** Reads a type's usage by day and value, a page at a time, after the end of the page before. */
export type ReadUsage = (type: string, dimension: UsageDimension, days: Days, after?: string) => Promise<UsagePage>;

/** Items of a page: about 250 KB. */
const pageItems = 2_500;

/** The sort keys of the days: all begin with the dimension, and a `$` comes after each `#`. */
export function usageRange(dimension: UsageDimension, { from, to }: Days): [first: string, last: string] {
  return [usageItem(dimension, from), usageItem(dimension, to).replace(/#$/, "$")];
}

/** Reads usage in the fleet table. */
export function readUsageFrom(client: DynamoDBClient, TableName: string): ReadUsage {
  return async function readUsage(type, dimension, days, after) {
    const [first, last] = usageRange(dimension, days);
    const hash = { S: usageKey(type) };
    const { Items = [], LastEvaluatedKey } = await client.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: "#type = :type AND #item BETWEEN :first AND :last",
        ExpressionAttributeNames: namesIn("#type #item"),
        ExpressionAttributeValues: { ...valuesOf({ first, last }), ":type": hash },
        ExclusiveStartKey: after === undefined ? undefined : { type: hash, item: { S: after } },
        Limit: pageItems,
      }),
    );
    const items = Items.map((attributes): DaysUsage => {
      const { item, jobs = 0, seconds = 0, ...more } = decodeFlat(attributes);
      const key = String(item).slice(dimension.length + 1);
      return { ...more, jobs, seconds, day: key.slice(0, 10), value: key.slice(11) } as DaysUsage;
    });
    return { items, next: LastEvaluatedKey?.item?.S };
  };
}
