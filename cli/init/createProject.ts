import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { packageRoot } from "../../contract/packageRoot";
import { CommandError } from "../exitCodes";
import { dependOnOwnPackage } from "./ownPackage";

/** The example that a project begins as, and its name, which the project's own takes the place of. */
const starter = "starter";

/** npm packs no file of that name, so the example has it without the dot. */
const renamed: Record<string, string> = { gitignore: ".gitignore" };

/**
 * Writes a small project into the folder: a program, a job in TypeScript with its test, one in Python, a stack's
 * settings, and a workflow that deploys.
 *
 * @throws CommandError if one of its files is there already; nothing is written then.
 */
export function createProject(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === false) {
    throw new CommandError(`Expected a folder, got a file: ${folder}`);
  }
  const example = join(packageRoot(), "examples", starter);
  const files = filesOf(example).map((from) => ({ from, to: renamed[from] ?? from }));
  const there = files.map(({ to }) => to).filter((file) => existsSync(join(folder, file)));
  if (there.length > 0) {
    const problem = `Expected a folder without the files that init writes, got ${folder} with ${there.join(", ")}`;
    throw new CommandError(problem, undefined, "Name a new folder: batch-job-processor init my-jobs");
  }
  mkdirSync(folder, { recursive: true });
  const name = projectName(folder);
  const dependency = dependOnOwnPackage(folder);
  for (const { from, to } of files) {
    const text = readFileSync(join(example, from), "utf8");
    const isNamed = ["package.json", "Pulumi.yaml", "README.md"].includes(from);
    const own = isNamed ? text.replaceAll(starter, name).replaceAll("file:../..", dependency) : text;
    mkdirSync(dirname(join(folder, to)), { recursive: true });
    writeFileSync(join(folder, to), own);
  }
}

/** A name that npm and Pulumi take, from the folder's. */
export function projectName(folder: string): string {
  const words =
    basename(resolve(folder))
      .normalize("NFKD")
      .toLowerCase()
      .match(/[a-z0-9]+/g) ?? [];
  const name = words.join("-").slice(0, 50).replace(/-$/, "");
  return /^[a-z]/.test(name) ? name : ["jobs", name].filter(Boolean).join("-");
}

/** Paths of the example's own files: what an installation or a build in it left is none of it. */
function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length + 1))
    .filter((file) => !/(^|\/)node_modules\/|^package-lock\.json$/.test(file))
    .sort();
}
