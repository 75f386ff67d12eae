import { spawn } from "node:child_process";
import { relative, resolve } from "node:path";
import { type Command } from "commander";
import { baseProgram } from "../baseProgram";
import { CommandError } from "../exitCodes";
import { paint } from "../output/styled";
import { out } from "../output/terminal";
import { createProject } from "./createProject";

/**
 * The command line `batch-job-processor`, which starts projects; `batch-jobs`, beside it, works with those that are
 * there.
 */
export function createInitProgram(): Command {
  const program = baseProgram("batch-job-processor").description(
    "Starts a project whose jobs run on AWS and on this machine.",
  );
  program
    .command("init")
    .description("Writes a small project of your own into a folder, and installs its packages")
    .argument("[folder]", "the project's folder, made if it isn't there", ".")
    .option("--no-install", "don't run npm install")
    .action(init);
  return program;
}

async function init(folder: string, { install }: { install: boolean }): Promise<void> {
  const project = resolve(folder);
  createProject(project);
  out.line(`Wrote a project into ${project}`);
  if (install) await npmInstall(project);
  const there = relative("", project);
  const steps = [
    ...(there === "" ? [] : [`cd ${quoted(there)}`]),
    ...(install ? [] : ["npm install"]),
    "npm test     # types, and the tests of its jobs",
    "npm start    # the whole of it on this machine, until Ctrl-C",
  ];
  out.line(["\n", paint.bold("Next"), ", as its README.md says:"]);
  for (const step of steps) out.line(`  ${step}`);
}

async function npmInstall(cwd: string): Promise<void> {
  out.line("Installs its packages (npm install) …");
  const args = ["install", "--no-audit", "--no-fund"];
  // npm's output is for the person who waits for it; standard output is for the steps.
  const npm = spawn("npm", args, { cwd, stdio: ["ignore", "inherit", "inherit"], shell: process.platform === "win32" });
  const code = await new Promise<number | NodeJS.Signals | null>((done, fail) => {
    npm.once("error", fail);
    npm.once("close", (status, signal) => done(status ?? signal));
  });
  if (code !== 0)
    throw new CommandError(`npm install failed (${code}); the project is in ${cwd}`, undefined, "npm install there");
}

/** For a POSIX shell. */
function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
