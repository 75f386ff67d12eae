// Makes sure that a moto server can be started for the parity suite: installs it from PyPI into a virtual environment.
import { spawnSync } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Pinned: the suite lists where moto differs from AWS, one by one. */
export const motoVersion = "5.2.5";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, "node_modules", ".cache", `moto-${motoVersion}`);
const binaries = join(folder, process.platform === "win32" ? "Scripts" : "bin");
const stamp = join(folder, ".installed");

export const motoServer = join(binaries, "moto_server");
/** The Python that has moto, and botocore with it. */
export const motoPython = join(binaries, "python");

const isMain = process.argv[1] === fileURLToPath(import.meta.url);
if (isMain && !existsSync(stamp)) install();

function install() {
  const python = ["python3", "python"].find((name) => runs(name));
  if (!python) {
    fail(
      "Expected Python 3.10 or newer with its venv module as `python3`, found none: the parity suite runs moto on it",
    );
  }
  rmSync(folder, { recursive: true, force: true });
  console.log(`Installing moto ${motoVersion} into ${folder}`);
  run(python, ["-m", "venv", folder], "Python can't make a virtual environment; on Debian, install python3-venv");
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", `moto[server]==${motoVersion}`];
  run(motoPython, pip, "moto could not be installed from PyPI");
  writeFileSync(stamp, "");
}

function runs(python) {
  return spawnSync(python, ["-c", "import sys, venv; sys.exit(sys.version_info < (3, 10))"]).status === 0;
}

function run(command, args, problem) {
  const { status } = spawnSync(command, args, { stdio: "inherit" });
  if (status !== 0) fail(problem);
}

function fail(problem) {
  console.error(problem);
  process.exit(1);
}
