import { join } from "node:path";
import { packageRoot } from "./packageRoot";

/** The build context of the stock image. */
export function workerImageFolder(): string {
  return join(packageRoot(), "worker-image");
}
