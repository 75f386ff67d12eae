import { subscribe } from "node:diagnostics_channel";
import { existsSync } from "node:fs";
import Module, { createRequire, register } from "node:module";
import { dirname, extname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { RunError } from "@pulumi/pulumi";
import { isObject } from "../../contract/check";
import { compilerProblem } from "../../contract/compilerProblem";
import { bundledFilesChannel } from "../../contract/handlers/handlerBundle";
import { builtFolder } from "../builtFolder";
import { expectOnePulumi, nearestManifest } from "./expectOnePulumi";
import { forgetModules, isInstalled } from "./moduleGraph";
import type { Project } from "./project";

/** A project's program, which can run again and again. */
export interface Program {
  /** Runs it; returns its outputs, or the exported function's. */
  run: () => unknown;
  /** Files that it has read: its entry, all that it requires and that handlers import, installed packages apart. */
  files(): string[];
  /** Has the changed files, and those that require them, read again by the next run. */
  forget(changed: Iterable<string>): void;
  /** Place in the program at which an error was thrown, if it was thrown there: `index.ts:3:11`. */
  placeOf(error: unknown): string | undefined;
}

/**
 * Finds a project's program, which runs as the Pulumi CLI runs it: TypeScript through ts-node, the project's own or
 * Pulumi's, without checking types; an exported function is called.
 */
export function loadProgram(project: Project): Program {
  const read = new Set<string>();
  const note = (file: string) => void (isInstalled(file) || isOwn(file) || read.add(file));
  subscribe(bundledFilesChannel, (files) => (files as string[]).forEach(note));
  hearLoads(note);
  return {
    async run() {
      expectOnePulumi(project.entry);
      const exported = isModule(project.entry) ? await importProgram(project) : requireProgram(project);
      return typeof exported === "function" ? (exported as () => unknown)() : exported;
    },
    files: () => [...read],
    forget: (changed) => forgetModules(project.entry, changed),
    placeOf: (error) => placeOf(error, project),
  };
}

/** Node forgets the modules of a program that fails; they must be watched all the same. */
function hearLoads(hear: (file: string) => void): void {
  const { prototype } = Module as unknown as { prototype: { load: (this: NodeJS.Module, file: string) => void } };
  const { load } = prototype;
  prototype.load = function (file) {
    hear(file);
    load.call(this, file);
  };
}

function isModule(entry: string): boolean {
  const kind = extname(entry);
  if (kind === ".mjs" || kind === ".mts") return true;
  if (kind === ".cjs" || kind === ".cts") return false;
  return nearestManifest(entry).type === "module";
}

let imports = 0;

/** From the second time on under a query of its own, so that it is read again with all of its files. */
async function importProgram({ entry }: Project): Promise<unknown> {
  if (isTypeScript(entry)) {
    throw new Error(
      `Expected a CommonJS program, got ${entry}, an ES module in TypeScript: leave "type": "module" out`,
    );
  }
  if (++imports === 2) {
    register(pathToFileURL(join(builtFolder, "program", "freshModules.mjs")));
  }
  const query = imports === 1 ? "" : `?run=${imports}`;
  const namespace = (await import(pathToFileURL(entry).href + query)) as Record<string, unknown>;
  return "default" in namespace ? namespace.default : namespace;
}

function requireProgram({ entry, tsConfig, workingFolder }: Project): unknown {
  const requireHere = createRequire(entry);
  if (isTypeScript(entry)) registerTypeScript(requireHere, tsConfig, workingFolder);
  // Its top level is the program: it runs each time, also if only a handler's file has changed.
  delete requireHere.cache[entry];
  return requireHere(entry) as unknown;
}

function isTypeScript(entry: string): boolean {
  return /\.[cm]?tsx?$/.test(entry);
}

interface PulumiTypeScript {
  typeScriptRequireStrings: () => { typescriptRequire: string; tsnodeRequire: string };
  loadTypeScriptCompilerOptions: (file: string) => Record<string, unknown>;
}

/** Folders whose TypeScript is registered: a second time would compile it twice. */
const registered = new Set<string>();

function registerTypeScript(requireHere: NodeJS.Require, tsConfig: string, folder: string): void {
  if (registered.has(folder)) return;
  registered.add(folder);
  const pulumi = dirname(requireHere.resolve("@pulumi/pulumi"));
  const { typeScriptRequireStrings, loadTypeScriptCompilerOptions } = requireHere(
    join(pulumi, "tsutils.js"),
  ) as PulumiTypeScript;
  const { typescriptRequire, tsnodeRequire } = typeScriptRequireStrings();
  const requireFromPulumi = createRequire(join(pulumi, "index.js"));
  const typeScript = requireFromPulumi(typescriptRequire) as { version: string };
  const problem = compilerProblem(typeScript);
  if (problem !== undefined) throw new RunError(problem);
  const { version } = typeScript;
  const { register: registerTsNode } = requireFromPulumi(tsnodeRequire) as {
    register: (options: object) => void;
  };
  const stated = loadTypeScriptCompilerOptions(tsConfig);
  registerTsNode({
    compiler: requireFromPulumi.resolve(typescriptRequire),
    transpileOnly: true,
    cwd: folder,
    project: tsConfig,
    skipProject: !existsSync(tsConfig),
    compilerOptions: { target: "ES2020", sourceMap: true, ...modulesOf(version, stated), ...stated },
  });
}

/** As Pulumi chooses: `nodenext` if TypeScript knows it. The project's own module setting overrides it. */
function modulesOf(version: string, stated: Record<string, unknown>): Record<string, string> {
  if ("module" in stated || "moduleResolution" in stated) return {};
  const isNew = Number(version.split(".")[0]) >= 5;
  return isNew
    ? { module: "nodenext", moduleResolution: "nodenext" }
    : { module: "commonjs", moduleResolution: "node" };
}

/** Place in the program at which an error was thrown, if it was thrown there: `index.ts:3:11`. */
export function placeOf(error: unknown, { folder }: Pick<Project, "folder">): string | undefined {
  if (!(error instanceof Error) || isQuiet(error)) return undefined;
  const inside = (error.stack ?? "")
    .split("\n")
    .map((line) => /\(?((?:file:\/\/)?\/?[^()]*:\d+:\d+)\)?$/.exec(line.trim().replace(/^at (async )?/, ""))?.[1])
    .map((place) => place?.replace(/^file:\/\//, ""))
    .find((place) => place?.startsWith(join(folder, "/")) && !place.includes("node_modules") && !isOwn(place));
  return inside?.slice(join(folder, "/").length);
}

/** True for what runs the program: a place in this package as it was built, which the project's folder may hold. */
function isOwn(place: string): boolean {
  return place.startsWith(join(dirname(builtFolder), "/"));
}

/** Errors whose message is enough. */
function isQuiet(error: Error): boolean {
  return isObject(error) && ("__pulumiRunError" in error || "__pulumiInputPropertiesError" in error);
}
