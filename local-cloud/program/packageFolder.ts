import { existsSync } from "node:fs";
import { join } from "node:path";

/** The folder of an installed package, whatever its `exports` allow. */
export function packageFolder(name: string): string {
  const parent = require.resolve.paths(name)?.find((folder) => existsSync(join(folder, name, "package.json")));
  if (!parent) throw new Error(`The package ${name} is not installed`);
  return join(parent, name);
}
