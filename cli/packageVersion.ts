import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../contract/packageRoot";

/** Version of this package, or of the copy of it in another folder. */
export function packageVersion(root = packageRoot()): string {
  return (JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string }).version;
}
