import { realpathSync } from "node:fs";
import { dirname } from "node:path";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";

/** The project's folder. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** True if the module at the URL is the one that Node runs. */
export function isMain(url) {
  return argv[1] !== undefined && realpathSync(argv[1]) === fileURLToPath(url);
}
