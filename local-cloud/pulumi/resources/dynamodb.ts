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
    await cloud.calls.dynamodb("CreateTable", tableInput(name, inputs));
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
  delete: (id, _state, { cloud }) => cloud.calls.dynamodb("DeleteTable", { TableName: id }),
};

const tableItem: ResourceHandler = {
  async create(inputs, { cloud }) {
    const tableName = text(inputs, "tableName");
    const item = JSON.parse(text(inputs, "item")) as Record<string, unknown>;
    await cloud.calls.dynamodb("PutItem", { TableName: tableName, Item: item });
    const keys = [text(inputs, "hashKey"), optionalText(inputs, "rangeKey")].filter((key) => key !== undefined);
    return { id: [tableName, ...keys.map((key) => JSON.stringify(item[key]))].join("|"), state: inputs };
  },
  /** The same key is overwritten in place, so that a processor's item is never missing. */
  async update(id, state, inputs, context) {
    const { id: newId, state: newState } = await tableItem.create(inputs, context);
    if (newId !== id) await tableItem.delete!(id, state, context);
    return newState;
  },
  async delete(_id, state, { cloud }) {
    const item = JSON.parse(text(state, "item")) as Record<string, unknown>;
    const keys = [text(state, "hashKey"), optionalText(state, "rangeKey")].filter((key) => key !== undefined);
    const Key = Object.fromEntries(keys.map((key) => [key, item[key]]));
    await cloud.calls.dynamodb("DeleteItem", { TableName: text(state, "tableName"), Key });
  },
};

export const dynamodb: ResourceHandlers = {
  "aws:dynamodb/table:Table": table,
  "aws:dynamodb/tableItem:TableItem": tableItem,
};

/** Always on demand: the local tables have no throughput. */
function tableInput(name: string, inputs: Properties): unknown {
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
    const { Table } = await cloud.calls.dynamodb<{ Table: { TableStatus: string } }>("DescribeTable", {
      TableName: name,
    });
    if (Table.TableStatus === "ACTIVE") return;
    await sleep(5);
  }
}
