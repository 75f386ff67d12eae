import { existsSync, realpathSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import type { Metafile } from "esbuild";
import { sourceScheme } from "../../../contract/handlers/handlerBundle";

/**
 * The folder that a bundle's paths are relative to: the program's, or for a handler that is given by a path from the
 * root, and lies elsewhere, its package's. Paths of packages begin at their `node_modules`, wherever that is. So a
 * bundle is the same on each machine.
 */
export class BundleFolder {
  readonly path: string;

  constructor({ file, name, folder }: { file?: string; name: string; folder: string }) {
    const real = realpathSync(folder);
    const isElsewhere = file !== undefined && name.startsWith("/") && !isWithin(real, realpathSync(file));
    this.path = isElsewhere ? packageFolderOf(realpathSync(file)) : real;
  }

  /** The file as an import asks for it. */
  requestOf(file: string): string {
    const path = this.nameOf(file);
    return path.startsWith("../") ? path : `./${path}`;
  }

  /** The file's path relative to this folder. */
  nameOf(file: string): string {
    return relative(this.path, existsSync(file) ? realpathSync(file) : file)
      .split(sep)
      .join("/");
  }

  /** Absolute paths of the files that a bundle was made of. */
  filesOf({ inputs }: Metafile): string[] {
    return Object.keys(inputs)
      .map((input) => resolve(this.path, input))
      .filter((path) => existsSync(path));
  }

  /**
   * The bundle's code; as it isn't minified, paths stand in lines of their own, which the source map has nothing of.
   */
  codeText(code: string): string {
    return code
      .replace(/^([ \t]*\/\/ )((?:\.\.\/)+.*)$/gm, (_, start: string, path: string) => start + withoutWay(path))
      .replace(
        /^([ \t]*")((?:\.\.\/)+[^"\n]*)("\(.*)$/gm,
        (_, start, path: string, end) => `${start}${withoutWay(path)}${end}`,
      );
  }

  /** The bundle's source map, for a text that has one line more at its start. */
  mapText(text: string): string {
    const map = JSON.parse(text) as { sources: string[]; mappings: string };
    const sources = map.sources.map((source) => sourceScheme + withoutWay(source));
    return JSON.stringify({ ...map, sources, mappings: `;${map.mappings}` });
  }
}

/** The path without the way to the `node_modules` that it goes through. */
function withoutWay(path: string): string {
  return path.replace(/^(\.\.\/)+(.*?\/)?(?=node_modules\/)/, "");
}

function isWithin(folder: string, file: string): boolean {
  return !relative(folder, file).startsWith("..");
}

function packageFolderOf(file: string): string {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) return folder;
  }
  return dirname(file);
}
