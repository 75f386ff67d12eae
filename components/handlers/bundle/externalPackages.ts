import { isBuiltin } from "node:module";
import { join } from "node:path";
import type { Plugin } from "esbuild";
import { packageOfFile, packageOfRequest, withinPackages } from "./packageOf";

const namespace = "external";

/** Marks a native part that esbuild itself is asked for. */
const native = Symbol("native");

/**
 * Leaves Node's modules and some packages out of a bundle: whatever way they are asked for, the bundle requires them.
 * So they resolve alike, and a bundle holds no `import`, which a function's body can't have.
 *
 * @param isExternal true for a package that the image has
 * @param onUse called with each such package that is used
 */
export function externalPackages(isExternal: (name: string) => boolean, onUse: (name: string) => void): Plugin {
  return {
    name: "external-packages",
    setup(build) {
      build.onResolve({ filter: /^\.?[^./]/ }, ({ path: request, kind }) => {
        if (kind === "entry-point") return undefined;
        const path = withinPackages(request);
        if (!isBuiltin(path)) {
          const name = packageOfRequest(path);
          if (name === undefined || !isExternal(name)) return undefined;
          onUse(name);
        }
        return kind === "require-call" || kind === "require-resolve" ? { path, external: true } : { path, namespace };
      });
      build.onLoad({ filter: /./, namespace }, ({ path }) => ({
        contents: `module.exports = require(${JSON.stringify(path)});`,
      }));
      // A package's native part may be missing, as after `npm install --ignore-scripts`.
      build.onResolve({ filter: /^\..*\.node$/ }, async ({ path, pluginData, ...from }) => {
        if (pluginData === native || packageOfFile(from.importer) === undefined) return undefined;
        const found = await build.resolve(path, { ...from, pluginData: native });
        return found.errors.length === 0 ? found : { path: join(from.resolveDir, path) };
      });
      // Found among the inputs, afterwards.
      build.onLoad({ filter: /\.node$/ }, ({ path }) => ({
        contents: `throw new Error(${JSON.stringify(`${path.split("/").at(-1)} is native code, which isn't shipped`)});`,
      }));
    },
  };
}
