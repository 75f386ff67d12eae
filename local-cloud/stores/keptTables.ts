import { join } from "node:path";
import { ClassicLevel } from "classic-level";

interface Table {
  TableStatus: string;
  KeySchema: unknown[];
  LocalSecondaryIndexes?: unknown[];
  GlobalSecondaryIndexes?: unknown[];
}

/** Of dynalite's `db` module: the index entries of an item in place of another one. */
type GetIndexActions = (...args: [indexes: unknown[], before: undefined, item: unknown, table: Table]) => {
  puts: { index: string; key: string; item: unknown }[];
};

/**
 * Mends dynalite's database after a kill, since dynalite writes in steps: removes the tables that were being made or
 * deleted, and makes all indexes again, from the items.
 */
export async function mendTables(folder: string, dynaliteFolder: string): Promise<void> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- of the copy that runs
  const { getIndexActions } = require(join(dynaliteFolder, "db")) as { getIndexActions: GetIndexActions };
  const db = new ClassicLevel<string, unknown>(folder, { valueEncoding: "json" });
  const under = (start: string) => db.iterator({ gte: `${start}~`, lt: `${start}~\xff` });
  await db.clear({ gte: "index-", lt: "index-~" });
  for await (const [key, value] of under("table")) {
    const table = value as Table;
    if (table.TableStatus !== "ACTIVE") await db.del(key);
    const name = key.slice("table~".length);
    for await (const [, item] of under(`item-${name}`)) {
      for (const kind of ["Local", "Global"] as const) {
        const { puts } = getIndexActions(table[`${kind}SecondaryIndexes`] ?? [], undefined, item, table);
        const start = `index-${kind.toLowerCase()}~${name}`;
        await db.batch(puts.map((put) => ({ type: "put", key: `${start}~${put.index}~${put.key}`, value: put.item })));
      }
    }
  }
  await db.close();
}
