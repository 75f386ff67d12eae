import { realpathSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Plugin } from "esbuild";
import { type BundleSource, entryName } from "./bundleSource";

/**
 * Finds the modules that an inline handler has captured. The serialiser names some by their files within a package,
 * which the package's `exports` needn't allow.
 */
export function capturedModules({ inline, folder }: BundleSource): Plugin {
  const { resolve } = createRequire(join(folder, entryName));
  return {
    name: "captured-modules",
    setup(build) {
      if (inline === undefined) return;
      build.onResolve({ filter: /^\.?[^./]/ }, ({ path: request, kind, importer }) => {
        if (kind !== "require-call" || !importer.endsWith(entryName)) return undefined;
        const files = (resolve.paths(request) ?? []).map((packages) => join(packages, request));
        const file = files.find((each) => statSync(each, { throwIfNoEntry: false })?.isFile());
        return file === undefined ? undefined : { path: realpathSync(file) };
      });
    },
  };
}
