import { readFileSync } from "node:fs";
import { join } from "node:path";
import { findPackages } from "./handlerFindings";
import { workerImageFolder } from "../aws/workerImageFolder";

/** Packages that the handler's text imports and the stock image lacks, and the remedy; undefined if there are none. */
export function findMissingPackages(text: string): string | undefined {
  const path = join(workerImageFolder(), "package.json");
  const { dependencies } = JSON.parse(readFileSync(path, "utf8")) as { dependencies: Record<string, string> };
  const missing = findPackages(text).filter((name) => !(name in dependencies));
  if (missing.length === 0) return undefined;
  const stock = Object.keys(dependencies).join(", ");
  return (
    `Expected packages that the stock worker image has (${stock}), got ${missing.join(", ")}: ` +
    "give the processor an `image` of your own that has them too"
  );
}
