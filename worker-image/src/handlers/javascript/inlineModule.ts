import { Module } from "node:module";
import path from "node:path";
import { readBundleHeader } from "../../../../contract/handlerBundle";

/** Members of Node's own loader that its types leave out. */
interface CompilableModule extends Module {
  _compile(text: string, filename: string): void;
}
const ModuleWithPaths = Module as unknown as {
  new (id: string): CompilableModule;
  _nodeModulePaths(folder: string): string[];
};

/** Packages that a handler's text names: captured ones are required inside its functions, at the first job. */
const mentions = /\b(require|import)\(\s*(["'])([^"'\\\n]+)\2\s*\)/g;

/**
 * Loads the text of an inline handler or a bundle as if it were a module at that path, from where its packages resolve;
 * before it, every package that it expects in the image. Rejects if one is missing.
 */
export async function loadInlineModule(text: string, filename: string): Promise<unknown> {
  const { load } = compile(
    `exports.load = { require, import: (name) => import(name) };`,
    `${filename}-packages.js`,
  ) as {
    load: Record<"require" | "import", (name: string) => unknown>;
  };
  const missing: string[] = [];
  const bundle = readBundleHeader(text);
  const packages = bundle?.packages.map((name) => ["require", name] as const) ?? packagesOf(text);
  for (const [how, name] of packages) {
    try {
      await load[how](name);
    } catch (error) {
      missing.push(`"${name}" (${(error as Error).message.split("\n")[0]})`);
    }
  }
  if (missing.length > 0) {
    const whose = bundle ? `handler ${bundle.name}` : "inline handler";
    throw new Error(`The ${whose} needs packages that can't be loaded in this image: ${missing.join(", ")}`);
  }
  // That of a module which awaits at its top level is a promise.
  return await compile(text, filename);
}

function packagesOf(text: string): ["require" | "import", string][] {
  const found = new Map<string, ["require" | "import", string]>();
  for (const [, how, , name] of text.matchAll(mentions)) {
    found.set(`${how} ${name}`, [how as "require" | "import", name!]);
  }
  return [...found.values()];
}

function compile(text: string, filename: string): unknown {
  const module = new ModuleWithPaths(filename);
  module.filename = filename;
  // Its own place first; then the worker's, which has the AWS clients, and on a developer's machine the program's
  // folder.
  const places = [path.dirname(filename), __dirname, process.cwd()];
  module.paths = [...new Set(places.flatMap((place) => ModuleWithPaths._nodeModulePaths(place)))];
  module._compile(text, filename);
  return module.exports;
}
