import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../contract/packageRoot";

/** Gives a folder the packages that job files import: zod, and of this one what `batch-job-processor/job` needs. */
export function addJobPackages(folder: string): void {
  const root = packageRoot();
  const own = join(folder, "node_modules", "batch-job-processor");
  mkdirSync(own, { recursive: true });
  cpSync(join(root, "package.json"), join(own, "package.json"));
  cpSync(join(root, "dist", "contract"), join(own, "dist", "contract"), { recursive: true });
  symlinkSync(join(root, "node_modules", "zod"), join(folder, "node_modules", "zod"));
}
