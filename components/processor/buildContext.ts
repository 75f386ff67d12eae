import { realpathSync } from "node:fs";
import { dirname, isAbsolute, join, relative, sep } from "node:path";
import { workerImageFolder } from "../aws/workerImageFolder";

/**
 * The folder of an image's build as a resource input: relative to the program's folder, as Docker's provider
 * expects. An absolute path would differ between machines, and each would build the image again. If a package
 * manager linked the package into `node_modules`, the path follows the link: its target is named by versions.
 */
export function buildContext(folder = workerImageFolder(), programFolder = process.cwd()): string {
  const path = relative(programFolder, linkedFolder(folder, programFolder) ?? folder);
  // On another drive.
  if (isAbsolute(path)) return path;
  return path.split(sep).join("/") || ".";
}

/** The same folder through the `node_modules` in which the program finds the package. */
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
