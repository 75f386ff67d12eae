import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { packageRoot } from "../../contract/packageRoot";

/** Paths of what `npm pack` puts into a package, as built. `of`: its folder. @default the root's */
export function packedFiles(of = "."): string[] {
  const args = ["pack", "--dry-run", "--json", "--ignore-scripts"];
  const [packed] = JSON.parse(execFileSync("npm", args, { cwd: join(packageRoot(), of), encoding: "utf8" })) as [
    { files: { path: string }[] },
  ];
  return packed.files.map(({ path }) => path);
}
