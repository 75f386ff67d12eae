import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The folder of this package, from its sources as well as from `dist/`. */
export function packageRoot(): string {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    const file = join(folder, "package.json");
    if (existsSync(file) && nameIn(file) === "batch-job-processor") return folder;
    if (folder === dirname(folder)) throw new Error(`No package.json of batch-job-processor above ${__dirname}`);
  }
}

/** The folder of an installed package, whatever its `exports` allow. */
export function packageFolder(name: string): string {
  const parent = require.resolve.paths(name)?.find((folder) => existsSync(join(folder, name, "package.json")));
  if (!parent) throw new Error(`The package ${name} is not installed`);
  return join(parent, name);
}

function nameIn(file: string): unknown {
  return (JSON.parse(readFileSync(file, "utf8")) as { name?: unknown }).name;
}
