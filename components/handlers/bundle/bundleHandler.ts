import { channel } from "node:diagnostics_channel";
import { join } from "node:path";
import type { BuildOptions, BuildResult, Loader, Metafile } from "esbuild";
import {
  bundledFilesChannel,
  bundleHeader,
  type HandlerBundle,
  sourceMapComment,
} from "../../../contract/handlers/handlerBundle";
import { BundleFolder } from "./bundleFolder";
import { brokenFiles, explainBuild, HandlerProblems, unresolvedPackages } from "./bundleProblems";
import { type BundleSource, entryName } from "./bundleSource";
import { capturedModules } from "./capturedModules";
import { externalPackages } from "./externalPackages";
import { findNativePackages } from "./nativePackages";
import { packageOfFile } from "./packageOf";
import { stockPackages } from "./stockPackages";

/** A handler with all that it imports, as one text that a worker can load. */
export interface Bundle {
  text: string;
  /** Absolute paths of the files that it was made of. */
  inputs: string[];
}

/** Largest bundle, without its source map. */
const maxBundleBytes = 20_000_000;

/** Packages that are named where a bundle is too large. */
const namedPackages = 5;

const textLoaders: Record<string, Loader> = { ".txt": "text", ".sql": "text", ".graphql": "text", ".html": "text" };

/** Builds of a handler, each without the packages that the one before lacked. */
const maxBuilds = 5;

/**
 * Bundles a handler with the packages that the worker image doesn't have. Nothing of it is run.
 *
 * @throws HandlerProblems with all that keeps it from a worker
 */
export async function bundleHandler(source: BundleSource): Promise<Bundle> {
  // Loaded here, since most deployments bundle nothing; by require, since Jest runs no dynamic import in CommonJS.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { build } = require("esbuild") as typeof import("esbuild");
  const folder = new BundleFolder(source);
  const external = new Set(stockPackages());
  const problems = new Set<string>();
  for (let builds = 1; ; builds++) {
    const used = new Set<string>();
    const plugin = externalPackages(
      (name) => external.has(name),
      (name) => used.add(name),
    );
    let result: BuildResult<Settings>;
    try {
      result = await build({ ...settingsOf(source, folder), plugins: [plugin, capturedModules(source)] });
    } catch (error) {
      channel(bundledFilesChannel).publish(brokenFiles(error, folder.path));
      const explained = explainBuild(error, source);
      const isEnough = builds === maxBuilds || !leaveOut(unresolvedPackages(error), external);
      if (source.isStockImage || isEnough) for (const problem of explained.problems) problems.add(problem);
      if (isEnough) break;
      continue;
    }
    const natives = findNativePackages(result.metafile, folder.path);
    if (!source.isStockImage && leaveOut(natives, external)) continue;
    const found = [
      ...exportProblems(result, source),
      ...natives.map((name) => nativeProblem(name)),
      ...sizeProblems(result),
    ];
    for (const problem of found) problems.add(problem);
    if (problems.size > 0) break;
    return { text: textOf(result, source, folder, [...used].sort()), inputs: folder.filesOf(result.metafile) };
  }
  throw new HandlerProblems([...problems]);
}

interface Settings extends BuildOptions {
  metafile: true;
  write: false;
}

function settingsOf(source: BundleSource, folder: BundleFolder): Settings {
  return {
    absWorkingDir: folder.path,
    ...(source.file === undefined ? inlineSettings(source) : fileSettings(source.file, folder)),
    outfile: join(folder.path, "handler.js"),
    bundle: true,
    platform: "node",
    // That of the stock image, or of a local run at the least.
    target: "node20",
    loader: textLoaders,
    keepNames: true,
    legalComments: "none",
    sourcemap: "external",
    sourcesContent: false,
    metafile: true,
    write: false,
    logLevel: "silent",
    logLimit: 0,
  };
}

/**
 * CommonJS knows no `await` at a module's top level, and an ES module would have to be a file among the image's
 * packages. So it is the body of an async function, as which esbuild's ES modules can stand once they import and export
 * nothing.
 */
function fileSettings(file: string, folder: BundleFolder): Partial<BuildOptions> {
  const entry = JSON.stringify(folder.requestOf(file));
  return {
    stdin: {
      contents: `import * as job from ${entry}; handlerBundle_.set(job.default, job.handle);`,
      sourcefile: entryName,
      resolveDir: folder.path,
      loader: "js",
    },
    format: "esm",
    define: { "import.meta": "handlerBundle_.meta" },
    banner: { js: fileStart },
    footer: { js: "return handlerBundle_.exported; })();" },
  };
}

const fileStart = [
  `module.exports = (async () => { "use strict";`,
  `const handlerBundle_ = {`,
  `  set: (handler, handle) => { handlerBundle_.exported = { default: handler ?? { handle } }; },`,
  `  meta: { url: require("node:url").pathToFileURL(__filename).href, filename: __filename, dirname: __dirname,`,
  `    resolve: (name) => require("node:url").pathToFileURL(require.resolve(name)).href, main: false },`,
  `};`,
].join(" ");

/** Its `with` blocks are none of an ES module's. */
function inlineSettings({ inline, folder }: BundleSource): Partial<BuildOptions> {
  return {
    stdin: {
      contents: `${inline!.text}\n${sourceMapComment(inline!.map)}`,
      sourcefile: entryName,
      resolveDir: folder,
      loader: "js",
    },
    format: "cjs",
  };
}

/** Adds the packages to those that aren't bundled; false if they all were. */
function leaveOut(names: string[], external: Set<string>): boolean {
  const added = names.filter((name) => !external.has(name));
  for (const name of added) external.add(name);
  return added.length > 0;
}

/** Problems of a file's exports that show without running it; none for CommonJS. */
function exportProblems({ warnings, metafile }: BuildResult<Settings>, { name, file }: BundleSource): string[] {
  if (file === undefined) return [];
  const missing = warnings.filter(({ id, location }) => id === "import-is-undefined" && location?.file === entryName);
  const entry = metafile.inputs[entryName]!.imports[0]!.path;
  // A file that neither imports nor exports is neither.
  if (missing.length < 2 && metafile.inputs[entry]!.format !== undefined) return [];
  const expected = "`export default async function (job, context) { … }`, or an object with `handle`";
  return [`${name} has no default export: expected ${expected}`];
}

function nativeProblem(name: string): string {
  return (
    `${name} has a native part (*.node), which can't be shipped: give the processor an \`image\` of its own that has the ` +
    `package, or use one without a native part`
  );
}

function sizeProblems({ outputFiles, metafile }: BuildResult<Settings>): string[] {
  const bytes = outputFiles.find(({ path }) => path.endsWith(".js"))!.contents.length;
  if (bytes <= maxBundleBytes) return [];
  const megabytes = (count: number) => `${(count / 1e6).toFixed(1)} MB`;
  const largest = packageSizes(metafile).slice(0, namedPackages);
  return [
    `Expected a bundle of at most ${maxBundleBytes / 1e6} MB, got ${megabytes(bytes)}; the largest in it: ` +
      largest.map(([name, size]) => `${name} ${megabytes(size)}`).join(", "),
  ];
}

function packageSizes({ outputs }: Metafile): [name: string, bytes: number][] {
  const sizes = new Map<string, number>();
  for (const { inputs } of Object.values(outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const name = packageOfFile(path) ?? "the program's own files";
      sizes.set(name, (sizes.get(name) ?? 0) + bytesInOutput);
    }
  }
  return [...sizes].sort(([, one], [, other]) => other - one);
}

/** The bundle's text, the same wherever the program's folder lies, with its source map. */
function textOf(
  { outputFiles }: BuildResult<Settings>,
  { file, name, isStockImage }: BundleSource,
  folder: BundleFolder,
  used: string[],
): string {
  const [code, map] = [".js", ".map"].map((end) => outputFiles.find(({ path }) => path.endsWith(end))!.text);
  const packages = isStockImage ? [] : used;
  return finishText({ name: file === undefined ? name : folder.nameOf(file), packages }, code!, map!, folder);
}

/** The text that a worker loads. */
export function finishText(bundle: HandlerBundle, code: string, map: string, folder: BundleFolder): string {
  return bundleHeader(bundle) + folder.codeText(code) + sourceMapComment(folder.mapText(map));
}
