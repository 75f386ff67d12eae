import * as pulumi from "@pulumi/pulumi";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The worker-image folder of this package, which lies beside the sources and, once built, beside dist/. */
export function workerImageFolder(): string {
  for (let folder = __dirname; dirname(folder) !== folder; folder = dirname(folder)) {
    const found = join(folder, "worker-image");
    if (existsSync(join(found, "package.json"))) return found;
  }
  throw new pulumi.RunError(
    "The folder worker-image is missing from the package batch-job-processor; install it anew.",
  );
}
