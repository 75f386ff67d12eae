import { readdirSync, readFileSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { packageRoot } from "../../../contract/packageRoot";
import type { Exchange } from "./exchanges";

/**
 * Files that hold the calls of each part of the code: of functions and workers the built ones, which are all that runs.
 */
function placesOf(): Record<string, string[]> {
  const lambdas = filesIn("dist/lambdas", ".js");
  return {
    ...Object.fromEntries(lambdas.map((file) => [basename(file, ".js"), [file]])),
    worker: filesIn("worker-image/dist", ".js"),
    client: filesIn("client", ".ts"),
    cli: filesIn("cli", ".ts"),
    boot: filesIn("worker-image/boot", ".sh"),
  };
}

/** Folders of sources, whichever part they go into. */
const sourceFolders = ["functions", "worker-image/src", "client", "cli", "components", "contract", "plugin", "demo"];

/**
 * By the name of an SDK's command or paginator, however it is called; in a script by its target, or its own function.
 */
const calls: Record<string, RegExp> = {
  ".js": /\b([A-Z]\w+)Command\b|\bpaginate([A-Z]\w+)/g,
  ".ts": /\b([A-Z]\w+)Command\b|\bpaginate([A-Z]\w+)/g,
  ".sh": /X-Amz-Target: \w+\.(\w+)|\b(?:scaling|logs) ([A-Z]\w+)/g,
};

/** The operations that each part of the code can call. */
export function usedOperations(): Record<string, Set<string>> {
  return Object.fromEntries(Object.entries(placesOf()).map(([part, files]) => [part, operationsIn(files)]));
}

/** All operations that stand in sources. */
export function operationsInSources(): Set<string> {
  return operationsIn(sourceFolders.flatMap((folder) => filesIn(folder, ".ts")));
}

/** The part of the code that made a call; undefined for tests and the local cloud itself. */
export function partOf({ caller }: Pick<Exchange, "caller">): string | undefined {
  if (caller.startsWith("i-")) return "worker";
  return Object.keys(placesOf()).find((part) => caller === part || caller.includes(`-${part}-`));
}

function operationsIn(files: string[]): Set<string> {
  return new Set(files.flatMap((file) => operationsOf(readFileSync(file, "utf8"), extname(file))));
}

/** The operations that a text of that extension names; comments name none. */
export function operationsOf(text: string, extension: string): string[] {
  const code = text.replace(/^\s*(#|\/\/|\/?\*).*$/gm, "");
  return [...code.matchAll(calls[extension]!)].map(([, one, other]) => one ?? other!);
}

function filesIn(folder: string, extension: string): string[] {
  const root = join(packageRoot(), folder);
  return readdirSync(root, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(extension))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .filter((file) => !/\/(node_modules|dist)\//.test(file.slice(root.length)) && !file.endsWith(".d.ts"));
}
