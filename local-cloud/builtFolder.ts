import { existsSync } from "node:fs";
import { join } from "node:path";

/** Folder of the compiled local cloud, with files that only the build makes; sources find it in dist/. */
export const builtFolder = existsSync(join(__dirname, "vendor"))
  ? __dirname
  : join(__dirname, "..", "dist", "local-cloud");
