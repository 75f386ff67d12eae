import { join } from "node:path";
import { packageRoot } from "../../contract/packageRoot";
import { realFolder } from "./realFolder";

/** The build context of the stock image. */
export function workerImageFolder(): string {
  return realFolder(join(packageRoot(), "worker-image"));
}
