import { realpathSync } from "node:fs";
import { dirname, isAbsolute, join, relative, sep } from "node:path";
import { workerImageFolder } from "../aws/workerImageFolder";

/**
 * The folder that an image is built from as a resource's input: relative to the program's folder, where Docker's provider
 * begins, too. An absolute one would differ from machine to machine, and each would build the image anew. Where a package
 * manager put a link to the package into `node_modules`, the path goes by that: what it points to is named by versions.
 */
export function buildContext(folder = workerImageFolder(), programFolder = process.cwd()): string {
  const path = relative(programFolder, linkedFolder(folder, programFolder) ?? folder);
  // On another drive.
  if (isAbsolute(path)) return path;
  return path.split(sep).join("/") || ".";
}

/** The same folder by way of the `node_modules` that the program finds the package in. */
function linkedFolder(folder: string, programFolder: string): string | undefined {
  const real = realPath(folder);
  for (let above = programFolder; ; above = dirname(above)) {
    const linked = join(above, "node_modules", "batch-job-processor", "worker-image");
    if (real !== undefined && realPath(linked) === real) return linked;
    if (dirname(above) === above) return undefined;
  }
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
