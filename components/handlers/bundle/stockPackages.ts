import { readFileSync } from "node:fs";
import { join } from "node:path";
import { workerImageFolder } from "../../aws/workerImageFolder";

/** Names of the packages that the stock worker image has. */
export function stockPackages(): string[] {
  const path = join(workerImageFolder(), "package.json");
  const { dependencies } = JSON.parse(readFileSync(path, "utf8")) as { dependencies: Record<string, string> };
  return Object.keys(dependencies);
}
