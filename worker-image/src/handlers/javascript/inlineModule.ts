import { Module } from "node:module";
import path from "node:path";
import { readBundleHeader } from "../../../../contract/handlers/handlerBundle";

/** Members of Node's own loader that its types leave out. */
interface CompilableModule extends Module {
  _compile(text: string, filename: string): void;
}
const ModuleWithPaths = Module as unknown as {
  new (id: string): CompilableModule;
  _nodeModulePaths(folder: string): string[];
};

/**
 * Loads the text of a handler as if it were a module at that path, from where its packages resolve; before it, every
 * package that it expects in the image. Rejects if one is missing.
 */
export async function loadInlineModule(text: string, filename: string): Promise<unknown> {
  const { name, packages } = readBundleHeader(text) ?? { name: filename, packages: [] };
  const { load } = compile("exports.load = require;", `${filename}-packages.js`) as { load: NodeJS.Require };
  const missing = packages.flatMap((each) => {
    try {
      load(each);
      return [];
    } catch (error) {
      return [`"${each}" (${(error as Error).message.split("\n")[0]})`];
    }
  });
  if (missing.length > 0) {
    throw new Error(`The handler ${name} needs packages that can't be loaded in this image: ${missing.join(", ")}`);
  }
  // That of a module which awaits at its top level is a promise.
  return await compile(text, filename);
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
