import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** This package's folder, above the sources as well as above what is built from them. */
export function packageRoot(): string {
  for (let folder = __dirname; dirname(folder) !== folder; folder = dirname(folder)) {
    if (existsSync(join(folder, "worker-image", "package.json"))) return folder;
  }
  throw new Error("The folder worker-image is missing from the package batch-job-processor; install it anew.");
}
