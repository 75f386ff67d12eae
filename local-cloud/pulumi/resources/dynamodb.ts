import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { LocalCloud } from "../../cloud";
import { optionalText, type Properties, text } from "../../properties";
import { arnOf, physicalName, type ResourceHandler, type ResourceHandlers } from "../resource";

interface Index {
  name: string;
  hashKey?: string;
  rangeKey?: string;
  projectionType: string;
  nonKeyAttributes?: string[];
}

const table: ResourceHandler = {
  async create(inputs, context) {
    const { cloud } = context;
    const name = physicalName(inputs, context);
    await createOrResume(cloud, name, tableInput(name, inputs));
    await untilActive(cloud, name);
    cloud.iam.hashKeys.set(name, text(inputs, "hashKey"));
    return { id: name, state: { ...inputs, name, arn: arnOf(cloud, "dynamodb", `table/${name}`) } };
  },
  update(_id, state, inputs) {
    for (const key of ["attributes", "globalSecondaryIndexes"]) {
      if (isDeepStrictEqual(state[key], inputs[key])) continue;
      throw new Error(`The local cloud can't change \`${key}\` of a table in place`);
    }
    return { ...inputs, name: state.name, arn: state.arn };
  },
  async delete(id, _state, { cloud }) {
    await cloud.calls.dynamodb("DeleteTable", { TableName: id });
    cloud.data?.delete(tableKey(id));
  },
};

const tableItem: ResourceHandler = {
  async create(inputs, { cloud }) {
    const tableName = text(inputs, "tableName");
    const item = itemOf(inputs);
    const key = keyOf(inputs, item);
    cloud.data?.put(itemKey(tableName, key), key);
    await cloud.calls.dynamodb("PutItem", { TableName: tableName, Item: item });
    return { id: [tableName, ...Object.values(key).map((value) => JSON.stringify(value))].join("|"), state: inputs };
  },
  /** The same key is overwritten in place, so that a processor's item is never missing. */
  async update(id, state, inputs, context) {
    const { id: newId, state: newState } = await tableItem.create(inputs, context);
    if (newId !== id) await tableItem.delete!(id, state, context);
    return newState;
  },
  delete: (_id, state, { cloud }) => deleteItem(cloud, text(state, "tableName"), keyOf(state, itemOf(state))),
};

type Item = Record<string, unknown>;

function itemOf(inputs: Properties): Item {
  return JSON.parse(text(inputs, "item")) as Item;
}

/** The key of a table item's resource. */
export function keyOf(inputs: Properties, item: Item): Item {
  const names = [text(inputs, "hashKey"), optionalText(inputs, "rangeKey")].filter((name) => name !== undefined);
  return Object.fromEntries(names.map((name) => [name, item[name]]));
}

export const dynamodb: ResourceHandlers = {
  "aws:dynamodb/table:Table": table,
  "aws:dynamodb/tableItem:TableItem": tableItem,
};

async function deleteItem(cloud: LocalCloud, tableName: string, key: Item): Promise<void> {
  await cloud.calls.dynamodb("DeleteItem", { TableName: tableName, Key: key });
  cloud.data?.delete(itemKey(tableName, key));
}

/** Keys in the folder of data: of a table's input, and of an item that the program made. */
const tableKey = (name: string) => `table ${name}`;
const itemKey = (table: string, key?: Item) => `item ${table} ${key ? JSON.stringify(key) : ""}`;

/**
 * Creates the table unless an earlier run left it. The items that its program made are deleted then: this one's may
 * have others.
 */
async function createOrResume(cloud: LocalCloud, name: string, input: Item): Promise<void> {
  const [left] = cloud.data?.take<Item>(tableKey(name)) ?? [];
  if (left && !isDeepStrictEqual(left[1], input)) {
    throw new Error(`Expected the keys and indexes that ${cloud.data!.folder} has, got others: name another folder`);
  }
  const isThere = left && (await describe(cloud, name).catch(() => undefined));
  cloud.data?.put(tableKey(name), input);
  if (!isThere) await cloud.calls.dynamodb("CreateTable", input);
  for (const [, key] of cloud.data?.take<Item>(itemKey(name)) ?? []) await deleteItem(cloud, name, key);
}

/** Always on demand: the local tables have no throughput. */
function tableInput(name: string, inputs: Properties): Item {
  const attributes = (inputs.attributes ?? []) as { name: string; type: string }[];
  const globals = (inputs.globalSecondaryIndexes ?? []) as Index[];
  const locals = (inputs.localSecondaryIndexes ?? []) as Index[];
  const hashKey = text(inputs, "hashKey");
  return {
    TableName: name,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: attributes.map((attribute) => ({
      AttributeName: attribute.name,
      AttributeType: attribute.type,
    })),
    KeySchema: keySchema(hashKey, optionalText(inputs, "rangeKey")),
    ...(globals.length > 0 && { GlobalSecondaryIndexes: globals.map((index) => indexInput(index, index.hashKey!)) }),
    ...(locals.length > 0 && { LocalSecondaryIndexes: locals.map((index) => indexInput(index, hashKey)) }),
  };
}

function keySchema(hashKey: string, rangeKey: string | undefined): unknown[] {
  const range = rangeKey === undefined ? [] : [{ AttributeName: rangeKey, KeyType: "RANGE" }];
  return [{ AttributeName: hashKey, KeyType: "HASH" }, ...range];
}

function indexInput(index: Index, hashKey: string): unknown {
  return {
    IndexName: index.name,
    KeySchema: keySchema(hashKey, index.rangeKey),
    Projection: {
      ProjectionType: index.projectionType,
      ...(index.nonKeyAttributes && { NonKeyAttributes: index.nonKeyAttributes }),
    },
  };
}

async function untilActive(cloud: LocalCloud, name: string): Promise<void> {
  for (;;) {
    const { Table } = await describe(cloud, name);
    if (Table.TableStatus === "ACTIVE") return;
    await sleep(5);
  }
}

function describe(cloud: LocalCloud, name: string): Promise<{ Table: { TableStatus: string } }> {
  return cloud.calls.dynamodb("DescribeTable", { TableName: name });
}
