import { type Command } from "commander";
import { CommandError } from "../exitCodes";
import { missingPackages } from "../local/missingPackages";
import { addRunOptions, type RunOptions } from "../local/runOptions";
import { reportFailure } from "../reportFailure";
import type { GlobalOptions } from "../session";

export function addLocal(program: Command): void {
  const local = program
    .command("local")
    .description("Runs a Pulumi project's stack on this machine until Ctrl-C: no cloud, no Docker")
    .option("-C, --cwd <folder>", "the project's folder, or one within it", ".")
    .option("--processors <folder>", "handler modules of an own image (default: processors beside Pulumi.yaml)")
    .option("--stand-ins <file>", "outputs of what isn't emulated (default: local.yaml beside Pulumi.yaml)")
    .option("--strict", "refuse resources that aren't emulated (default: make them of their inputs)");
  addRunOptions(local)
    .addHelpText(
      "after",
      `
The program is the one that Pulumi.yaml names, with the settings of Pulumi.<stack>.yaml, of the stack dev unless
--stack names another. The other commands find it in the project's folder, elsewhere by the BATCH_JOBS_URL that it prints.

Examples:
  $ batch-jobs local --port 3000
  $ batch-jobs local --watch --inspect
  $ batch-jobs local --stack test --json
  $ batch-jobs local --enforce-auth`,
    )
    .action(async (options: LocalOptions, command: Command) => {
      const { stack = "dev", json } = command.optsWithGlobals<GlobalOptions>();
      // A failed program may leave anything open.
      await runLocal({ ...options, stack, json }).catch((error: unknown) => process.exit(reportFailure(error)));
    });
}

interface LocalOptions extends RunOptions {
  cwd: string;
  processors?: string;
  standIns?: string;
  strict?: boolean;
}

async function runLocal({ cwd, ...options }: LocalOptions & { stack: string; json?: boolean }): Promise<void> {
  const missing = missingPackages();
  if (missing.length > 0) {
    const problem = "The packages of the local cloud, which are optional, are not installed";
    throw new CommandError(problem, undefined, `npm install --save-dev ${missing.join(" ")}`);
  }
  // They need the optional packages.
  const { findProject, loadProgram } = await import("../../local-cloud/index.js");
  const { serve } = await import("../local/serve.js");
  const project = findProject(cwd);
  await serve({ ...options, project, program: loadProgram(project) });
}
