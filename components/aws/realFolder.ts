import * as nodeModule from "node:module";

/** What Yarn's Plug'n'Play adds to `node:module`. */
interface PnpFinder {
  findPnpApi?(path: string): { resolveVirtual?(path: string): string | null } | null;
}

/**
 * The folder as other processes see it, Docker for one. Under Yarn's Plug'n'Play a package has a virtual path, and may lie
 * in an archive.
 *
 * @throws Error where there is no such folder, with what to do about it.
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
