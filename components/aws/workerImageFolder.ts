import * as nodeModule from "node:module";
import { join } from "node:path";
import { packageRoot } from "../../contract/packageRoot";

/** The part of `node:module` that Yarn's Plug'n'Play adds. */
interface PnpFinder {
  findPnpApi?(path: string): { resolveVirtual?(path: string): string | null } | null;
}

/**
 * The folder as other processes see it, such as Docker. Under Yarn's Plug'n'Play a package has a virtual path, and may
 * be in an archive.
 *
 * @throws Error if there is no such folder, with the remedy.
 */
export function realFolder(path: string, finder: PnpFinder = nodeModule as PnpFinder): string {
  if (!finder.findPnpApi) return path;
  const real = finder.findPnpApi(path)?.resolveVirtual?.(path) ?? path;
  if (!/\.zip[\\/]/.test(real)) return real;
  throw new Error(
    `Expected a folder that Docker can read, got ${real}, in an archive of Yarn's Plug'n'Play: ` +
      'set dependenciesMeta: {"batch-job-processor": {"unplugged": true}} in package.json and run yarn install, ' +
      "or nodeLinker: node-modules in .yarnrc.yml",
  );
}

/** The build context of the stock image. */
export function workerImageFolder(): string {
  return realFolder(join(packageRoot(), "worker-image"));
}
