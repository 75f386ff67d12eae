import { execFileSync } from "node:child_process";
import { packageRoot } from "../../local-cloud/program/packageFolder";

/** Paths of what `npm pack` puts into the package, as built. */
export function packedFiles(): string[] {
  const args = ["pack", "--dry-run", "--json", "--ignore-scripts"];
  const [packed] = JSON.parse(execFileSync("npm", args, { cwd: packageRoot(), encoding: "utf8" })) as [
    { files: { path: string }[] },
  ];
  return packed.files.map(({ path }) => path);
}
