import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** This package's folder, above its sources and above their compiled form. */
export function packageRoot(): string {
  for (let folder = __dirname; dirname(folder) !== folder; folder = dirname(folder)) {
    if (existsSync(join(folder, "worker-image", "package.json"))) return folder;
  }
  throw new Error("The folder worker-image is missing from the package batch-job-processor; install it again.");
}

/** The folder of the console's page, as built. */
export function consoleFolder(): string {
  return join(packageRoot(), "dist", "console");
}

/** The worker's main module, as built for its image. */
export function workerMain(): string {
  return join(packageRoot(), "worker-image", "dist", "main.js");
}
