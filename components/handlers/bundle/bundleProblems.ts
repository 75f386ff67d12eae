import { resolve } from "node:path";
import { originalPositionFor, TraceMap } from "@jridgewell/trace-mapping";
import type { BuildFailure, Location, Message } from "esbuild";
import { type BundleSource, entryName } from "./bundleSource";
import { packageOfRequest } from "./packageOf";

/** All that keeps one handler from a worker. */
export class HandlerProblems extends Error {
  constructor(readonly problems: string[]) {
    super(problems.join("; "));
  }
}

const unloadable = /^No loader is configured for "(.+?)" files/;
const unresolved = /^Could not resolve "(.+?)"/;

/** Packages that a failed build could not find. */
export function unresolvedPackages(error: unknown): string[] {
  const names = errorsOf(error).map(({ text }) => packageOfRequest(unresolved.exec(text)?.[1] ?? ""));
  return names.filter((name) => name !== undefined);
}

/** Absolute paths of the files that made a build fail. */
export function brokenFiles(error: unknown, folder: string): string[] {
  return errorsOf(error).flatMap(({ location }) => (location ? [resolve(folder, location.file)] : []));
}

/** A failed build in the user's words, with file and line. */
export function explainBuild(error: unknown, source: BundleSource): HandlerProblems {
  const errors = errorsOf(error);
  if (errors.length === 0) throw error;
  return new HandlerProblems([...new Set(errors.map((message) => explain(message, source)))]);
}

function explain({ text, location }: Message, source: BundleSource): string {
  const place = location && location.namespace !== "external" ? placeOf(location, source) : "";
  const request = unresolved.exec(text)?.[1];
  const name = packageOfRequest(request ?? "");
  if (name !== undefined) return `${place}the package ${name} is not installed: npm install ${name}`;
  if (request !== undefined) return `${place}there is no file ${request}`;
  const ending = unloadable.exec(text)?.[1];
  if (ending !== undefined)
    return `${place}a file ending in ${ending} can't be imported: read it from S3, or use .json or .txt`;
  return `${place}${text}`;
}

/** An inline handler's place is that which its source map has. */
function placeOf({ file, line, column }: Location, { inline }: BundleSource): string {
  if (inline === undefined) return `${file}:${line}: `;
  const { source, line: own } = originalPositionFor(new TraceMap(inline.map), { line, column });
  return source === null || source === entryName ? "" : `${source}:${own}: `;
}

function errorsOf(error: unknown): Message[] {
  return (error as Partial<BuildFailure>).errors ?? [];
}
