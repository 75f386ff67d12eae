// Installs Python packages from PyPI into a virtual environment of their own below node_modules/.cache, once.
import { spawnSync } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../project.mjs";

/** The folder of a virtual environment's programs. */
export function binariesOf(name) {
  return join(root, "node_modules", ".cache", name, process.platform === "win32" ? "Scripts" : "bin");
}

/** Makes the environment if it isn't there. `versions` is a condition in Python on its own version. */
export function installOnce(
  name,
  { pythons = ["python3", "python"], versions = "sys.version_info >= (3, 10)", expected, packages },
) {
  const folder = join(root, "node_modules", ".cache", name);
  const stamp = join(folder, ".installed");
  if (existsSync(stamp)) return;
  const check = `import sys, venv; sys.exit(not (${versions}))`;
  const python = pythons.find((each) => spawnSync(each, ["-c", check]).status === 0);
  if (!python) fail(`Expected ${expected} with its venv module, found none`);
  rmSync(folder, { recursive: true, force: true });
  console.log(`Installing ${name} into ${folder}`);
  run(python, ["-m", "venv", folder], "Python can't make a virtual environment; on Debian, install python3-venv");
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...packages];
  run(join(binariesOf(name), "python"), pip, `${name} could not be installed from PyPI`);
  writeFileSync(stamp, "");
}

function run(command, args, problem) {
  if (spawnSync(command, args, { stdio: "inherit" }).status !== 0) fail(problem);
}

export function fail(problem) {
  console.error(problem);
  process.exit(1);
}
