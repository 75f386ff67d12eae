import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { packageRoot } from "../../../contract/packageRoot";
import { type BundleSource } from "../bundle/bundleSource";
import { KeptByFiles } from "../bundle/keptByFiles";
import { type JobDeclaration } from "./jobDeclaration";
import { loadSeconds } from "./loadJobs";

/** A handler's file: its bundle, and its definition if `defineJob` made it. */
export interface HandlerFile {
  /** The bundle's text; undefined if there is none. */
  text?: string;
  /** Absolute paths of the files that the bundle was made of. */
  inputs: string[];
  declaration?: JobDeclaration;
  /** All that keeps it from a worker. */
  problems: string[];
}

const kept = new KeptByFiles<HandlerFile>();

/**
 * Bundles handlers' files, and reads their definitions, in one process for all: at once, since a component's inputs
 * are needed when it is constructed. A file is read again only if a file of its bundle changes.
 */
export function readHandlerFiles(sources: BundleSource[], limitSeconds = loadSeconds): HandlerFile[] {
  const unread = sources.filter((source) => kept.get(source) === undefined);
  const read = new Map(unread.length > 0 ? pairs(unread, readAnew({ sources: unread, limitSeconds })) : []);
  for (const [source, file] of read) if (file.text !== undefined) kept.set(source, file);
  return sources.map((source) => read.get(source) ?? kept.get(source)!);
}

/** Standard input of the process. */
export interface FilesToRead {
  sources: BundleSource[];
  limitSeconds: number;
}

function readAnew(files: FilesToRead): HandlerFile[] {
  const main = join(packageRoot(), "dist", "components", "handlers", "jobs", "handlerFileReader.js");
  const { error, status, signal, stdout, stderr } = spawnSync(process.execPath, [main], {
    input: JSON.stringify(files),
    encoding: "utf8",
    maxBuffer: Infinity,
  });
  if (status === 0) return JSON.parse(stdout) as HandlerFile[];
  throw error ?? new Error(`The handlers' files could not be read (${signal ?? `exit code ${status}`}): ${stderr}`);
}

function pairs<A, B>(some: A[], others: B[]): [A, B][] {
  return some.map((each, index) => [each, others[index]!]);
}
