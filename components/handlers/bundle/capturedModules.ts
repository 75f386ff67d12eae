import { realpathSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import type { Plugin } from "esbuild";
import { type BundleSource, entryName } from "./bundleSource";
import { packageOfRequest } from "./packageOf";

/*
 * The serialiser names some of the modules that an inline handler captures by their files within a package, as they lie
 * on this machine, which the package's `exports` needn't allow.
 */

/** Marks a file beside a function's that esbuild itself is asked for. */
const beside = Symbol("beside");

/** The handler's text with packages asked for by their names, where that leads to the captured module. */
export function withPackageNames(text: string, folder: string): string {
  const { resolve } = createRequire(join(folder, entryName));
  return text.replace(/\brequire\("([^"]+)"\)/g, (call, request: string) => {
    const file = fileOf(request, resolve);
    try {
      const name = packageOfRequest(request)!;
      return file !== undefined && resolve(name) === file ? `require("${name}")` : call;
    } catch {
      // The package has no module of its name.
      return call;
    }
  });
}

/** Finds the captured modules that are asked for by their files, and files beside those that the functions are from. */
export function capturedModules({ inline, folder }: BundleSource): Plugin {
  const { resolve } = createRequire(join(folder, entryName));
  return {
    name: "captured-modules",
    setup(build) {
      if (inline === undefined) return;
      build.onResolve({ filter: /^\.?[^./]/ }, ({ path: request, kind, importer }) => {
        if (kind !== "require-call" || !importer.endsWith(entryName)) return undefined;
        const path = fileOf(request, resolve);
        return path === undefined ? undefined : { path };
      });
      const { sources } = JSON.parse(inline.map) as { sources: string[] };
      const folders = [...new Set(sources.map((source) => dirname(join(folder, source))))];
      build.onResolve({ filter: /^\.\.?\// }, async ({ path: request, kind, importer, pluginData }) => {
        if (pluginData === beside || !importer.endsWith(entryName)) return undefined;
        const options = { kind, importer, pluginData: beside };
        const all = await Promise.all(folders.map((resolveDir) => build.resolve(request, { ...options, resolveDir })));
        const found = all.filter(({ errors }) => errors.length === 0);
        const files = [...new Set(found.map(({ path }) => relative(folder, path)))];
        if (files.length < 2) return found[0];
        return { errors: [{ text: `${request} may be ${files.join(" or ")}: import it at the top of its module` }] };
      });
    },
  };
}

/** The package's file that a request names; undefined if it names none. */
function fileOf(request: string, resolve: NodeJS.RequireResolve): string | undefined {
  if (packageOfRequest(request) === undefined) return undefined;
  const files = (resolve.paths(request) ?? []).map((packages) => join(packages, request));
  const file = files.find((each) => statSync(each, { throwIfNoEntry: false })?.isFile());
  return file && realpathSync(file);
}
