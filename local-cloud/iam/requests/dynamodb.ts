import { accountId } from "../../account";
import type { Ask } from "../evaluate";
import type { Call } from "./call";

type Attribute = Record<string, unknown>;
type Item = Record<string, Attribute>;

interface Input {
  TableName?: string;
  IndexName?: string;
  Key?: Item;
  Item?: Item;
  KeyConditionExpression?: string;
  ExpressionAttributeNames?: Record<string, string>;
  ExpressionAttributeValues?: Item;
  RequestItems?: Record<string, { Keys?: Item[] } | { PutRequest?: { Item: Item }; DeleteRequest?: { Key: Item } }[]>;
}

/** "Actions, resources, and condition keys for Amazon DynamoDB". */
export function dynamodbAsks({ request, operation, sources }: Call): Ask[] {
  const input = (request.input ?? {}) as Input;
  const ask = (table: string | undefined, items: Item[]): Ask => {
    const hashKey = table === undefined ? undefined : sources.hashKeyOf(nameOf(table));
    const resource = table === undefined ? "*" : tableArn(table, sources.region, input.IndexName);
    const leading = hashKey === undefined ? [] : leadingKeys(input, hashKey, items);
    const context = leading.length > 0 ? { "dynamodb:leadingkeys": leading } : undefined;
    return { action: `dynamodb:${operation}`, resource, context };
  };
  if (input.RequestItems) {
    return Object.entries(input.RequestItems).map(([table, requests]) => ask(table, itemsOf(requests)));
  }
  return [ask(input.TableName, [input.Key ?? input.Item ?? {}])];
}

function itemsOf(requests: NonNullable<Input["RequestItems"]>[string]): Item[] {
  if (!Array.isArray(requests)) return requests.Keys ?? [];
  return requests.map(({ PutRequest, DeleteRequest }) => PutRequest?.Item ?? DeleteRequest?.Key ?? {});
}

/** The partition keys of the call ("Using IAM policy conditions for fine-grained access control"). */
function leadingKeys(input: Input, hashKey: string, items: Item[]): string[] {
  const queried = input.IndexName === undefined ? queriedKey(input, hashKey) : undefined;
  return [...items.map((item) => item[hashKey]), queried].flatMap((value) =>
    value === undefined ? [] : String(Object.values(value)[0]),
  );
}

/** The partition key's value in a query's condition, which always uses `=`. */
function queriedKey(input: Input, hashKey: string): Attribute | undefined {
  const { KeyConditionExpression, ExpressionAttributeNames = {}, ExpressionAttributeValues = {} } = input;
  for (const [, name, value] of KeyConditionExpression?.matchAll(/([#\w]+)\s*=\s*(:\w+)/g) ?? []) {
    if ((ExpressionAttributeNames[name!] ?? name) === hashKey) return ExpressionAttributeValues[value!];
  }
  return undefined;
}

function nameOf(table: string): string {
  return table.replace(/^arn:.*:table\//, "");
}

function tableArn(table: string, region: string, index: string | undefined): string {
  const arn = `arn:aws:dynamodb:${region}:${accountId}:table/${nameOf(table)}`;
  return index === undefined ? arn : `${arn}/index/${index}`;
}
