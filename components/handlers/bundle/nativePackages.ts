import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Metafile } from "esbuild";
import type TypeScript from "typescript";
import { ts } from "./handlerFindings";
import { packageOfFile, packageOfRequest } from "./packageOf";

/** Packages whose only use is to find their user's native part. */
const finders = [
  "bindings",
  "node-gyp-build",
  "node-gyp-build-optional-packages",
  "@mapbox/node-pre-gyp",
  "node-pre-gyp",
];

interface Edge {
  from: string;
  request: string;
}

/**
 * Names of the bundled packages that need native code (`*.node`), which a bundle can't hold. A package that gets along
 * without is none: one that is asked for in a `try`, or asks for its own native part in one with an empty `catch`.
 *
 * @param folder that the bundle's paths are relative to
 */
export function findNativePackages({ inputs }: Metafile, folder: string): string[] {
  const importers = new Map<string, Edge[]>();
  const natives = new Set<string>();
  for (const [from, { imports }] of Object.entries(inputs)) {
    for (const { path, original } of imports) {
      const request = original ?? path;
      importers.set(path, [...(importers.get(path) ?? []), { from, request }]);
      const isFinder =
        finders.includes(packageOfRequest(request) ?? "") && !isOptional({ from, request }, path, folder);
      if (isFinder && packageOfFile(from) !== undefined) natives.add(from);
    }
    if (from.endsWith(".node")) natives.add(from);
  }
  const needed = [...natives].filter((file) => isNeeded(file, importers, folder));
  return [...new Set(needed.map((file) => ownerOf(file, importers)))].sort();
}

/** A native part may be a package by itself, one for each system: then it is named by the package that asks for it. */
function ownerOf(file: string, importers: Map<string, Edge[]>): string {
  const own = packageOfFile(file);
  const user = (importers.get(file) ?? []).map(({ from }) => packageOfFile(from)).find((name) => name !== undefined);
  return (file.endsWith(".node") ? (user ?? own) : own) ?? file;
}

/** True if the entry reaches the file without passing an optional import. */
function isNeeded(file: string, importers: Map<string, Edge[]>, folder: string): boolean {
  const seen = new Set([file]);
  for (const each of seen) {
    const edges = importers.get(each);
    if (edges === undefined) return true;
    for (const edge of edges) if (!isOptional(edge, each, folder)) seen.add(edge.from);
  }
  return false;
}

/** True if the file's importer goes on without it. */
function isOptional({ from, request }: Edge, file: string, folder: string): boolean {
  const inside = triesOf(from, request, folder);
  if (inside === undefined) return false;
  const isOther = packageOfFile(from) !== packageOfFile(file) && !file.endsWith(".node");
  return isOther || inside.every(({ catchClause }) => catchClause?.block.statements.length === 0);
}

/** The `try` statements in which a file asks for something; undefined if it also does so outside of one. */
function triesOf(file: string, request: string, folder: string): TypeScript.TryStatement[] | undefined {
  const text = readText(resolve(folder, file));
  if (text === undefined) return undefined;
  const source = ts.createSourceFile("file.ts", text, ts.ScriptTarget.Latest, false);
  const tries: TypeScript.TryStatement[] = [];
  let isOutside = false;
  const visit = (node: TypeScript.Node, around: TypeScript.TryStatement | undefined): void => {
    if (ts.isTryStatement(node)) {
      visit(node.tryBlock, node);
      for (const part of [node.catchClause, node.finallyBlock]) if (part) visit(part, around);
      return;
    }
    if (ts.isStringLiteralLike(node) && node.text === request) {
      if (around) tries.push(around);
      else isOutside = true;
    }
    ts.forEachChild(node, (child) => visit(child, around));
  };
  visit(source, undefined);
  return isOutside || tries.length === 0 ? undefined : tries;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
