import { join } from "node:path";
import { packageFolder } from "./packageFolder";

/** The build context of the stock image. */
export function workerImageFolder(): string {
  return join(packageFolder(), "worker-image");
}
