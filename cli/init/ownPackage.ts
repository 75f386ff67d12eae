import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { isObject } from "../../contract/check";
import { packageRoot } from "../../contract/packageRoot";
import { packageVersion } from "../packageVersion";

/**
 * Gives the text by which a project's package.json depends on the very package that runs: its version if it came from a
 * registry, else a file in its folder `packages`, packed from what is installed, which a clone of it and its
 * CI have too.
 */
export function dependOnOwnPackage(project: string, root = packageRoot()): string {
  if (isFromRegistry(root)) return packageVersion(root);
  const packages = join(project, "packages");
  mkdirSync(packages, { recursive: true });
  const args = ["pack", root, "--json", "--ignore-scripts", "--pack-destination", packages];
  const printed = execFileSync("npm", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], shell: isWindows });
  const [{ filename }] = JSON.parse(printed) as [{ filename: string }];
  return `file:packages/${basename(filename)}`;
}

const isWindows = process.platform === "win32";

/**
 * True if the lock file that npm keeps beside the packages that it has installed names a registry's URL for the
 * package.
 */
function isFromRegistry(root: string): boolean {
  const lock = join(dirname(root), ".package-lock.json");
  if (!existsSync(lock)) return false;
  const { packages } = JSON.parse(readFileSync(lock, "utf8")) as { packages?: unknown };
  const entry = isObject(packages) ? packages[`node_modules/${basename(root)}`] : undefined;
  return isObject(entry) && typeof entry.resolved === "string" && /^https?:/.test(entry.resolved);
}
