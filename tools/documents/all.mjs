// Makes all documents that are made from the sources; with `--check` it names each that is out of date.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root } from "../project.mjs";

for (const name of ["reference", "logEvents", "schema", "cost", "security", "openapi"]) {
  const args = [join(root, "tools", "documents", `${name}.mjs`), ...process.argv.slice(2)];
  const { status, error } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" });
  if (error) throw error;
  if (status !== 0) process.exitCode = 1;
}
