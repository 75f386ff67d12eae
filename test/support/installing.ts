import { execFile, execFileSync } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { packageRoot } from "../../contract/packageRoot";

/** Packs a package, as built, into the folder, and returns the file's name. `of`: its folder. @default the root's */
export function packInto(folder: string, of = "."): string {
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const cwd = join(packageRoot(), of);
  const [{ filename }] = JSON.parse(execFileSync("npm", args, { cwd, encoding: "utf8" })) as [{ filename: string }];
  return filename;
}

const npmFlags = ["--no-audit", "--no-fund", "--prefer-offline", "--ignore-scripts", "--loglevel=error"];

/** Messages of package managers that can't reach the registry. */
const unreachable =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|ETIMEDOUT|ERR_SOCKET_TIMEOUT|ERR_PNPM_META_FETCH/;

/**
 * Installs what package.json in the folder names, or the packages given, by npm.
 *
 * @throws Error that says so where the registry can't be reached.
 */
export function npmInstall(folder: string, ...args: string[]): Promise<void> {
  return install(folder, "npm", "install", ...npmFlags, ...args);
}

/** The same by any package manager. */
export async function install(folder: string, command: string, ...args: string[]): Promise<void> {
  const registry = execFileSync("npm", ["config", "get", "registry"], { encoding: "utf8" }).trim();
  // Yarn 1 has a registry of its own unless it is told another.
  const env = { ...process.env, npm_config_registry: registry };
  try {
    await promisify(execFile)(command, args, { cwd: folder, env, maxBuffer: 64e6 });
  } catch (error) {
    const { stdout = "", stderr = "", message } = error as { stdout?: string; stderr?: string; message: string };
    const output = `${message}\n${stdout}\n${stderr}`;
    const reason = unreachable.test(output)
      ? `the registry ${registry} can't be reached, from which this suite installs packages`
      : "see below";
    throw new Error(`Could not install in ${folder}: ${reason}\n${output}`, { cause: error });
  }
}
