import { type Command } from "commander";
import { missingPackages } from "../../local-cloud/program/missingPackages";
import { CommandError } from "../exitCodes";
import { portNumber } from "../local/portNumber";
import { reportFailure } from "../reportFailure";
import type { GlobalOptions } from "../session";

export function addLocal(program: Command): void {
  program
    .command("local")
    .description("Runs a Pulumi project's stack on this machine until Ctrl-C: no cloud, no Docker")
    .option("--port <number>", "port of the HTTP API (default: a free one)", portNumber)
    .option("-C, --cwd <folder>", "the project's folder, or one within it", ".")
    .option(
      "--enforce-auth",
      "have the HTTP API ask for what its authorization says, as on AWS (default: it asks nobody)",
    )
    .option("--stand-ins <file>", "outputs of what isn't emulated (default: local.yaml beside Pulumi.yaml)")
    .option("--strict", "refuse resources that aren't emulated (default: make them of their inputs)")
    .option("--watch", "redeploy whenever the project's files change; queues, records and jobs at work stay")
    .option("--verbose", "print what the functions and workers log, on standard error")
    .addHelpText(
      "after",
      `
The program is the one that Pulumi.yaml names, with the settings of Pulumi.<stack>.yaml, of the stack dev unless
--stack names another. The other commands find it by the BATCH_JOBS_URL that it prints.

Examples:
  $ batch-jobs local --port 3000
  $ batch-jobs local --watch
  $ batch-jobs local --stack test --json
  $ batch-jobs local --enforce-auth`,
    )
    .action(async (options: LocalOptions, command: Command) => {
      const { stack = "dev", json } = command.optsWithGlobals<GlobalOptions>();
      // A failed program may leave anything open.
      await runLocal({ ...options, stack, json }).catch((error: unknown) => process.exit(reportFailure(error)));
    });
}

interface LocalOptions {
  port?: number;
  cwd: string;
  enforceAuth?: boolean;
  verbose?: boolean;
  watch?: boolean;
  standIns?: string;
  strict?: boolean;
}

async function runLocal({ cwd, ...options }: LocalOptions & { stack: string; json?: boolean }): Promise<void> {
  const missing = missingPackages();
  if (missing.length > 0) {
    const problem = "The packages of the local cloud, which are optional, are not installed";
    throw new CommandError(problem, undefined, `npm install --save-dev ${missing.join(" ")}`);
  }
  /* eslint-disable @typescript-eslint/no-require-imports -- they need the optional packages */
  const { findProject } =
    require("../../local-cloud/program/project") as typeof import("../../local-cloud/program/project");
  const { loadProgram } =
    require("../../local-cloud/program/loadProgram") as typeof import("../../local-cloud/program/loadProgram");
  const { serve } = require("../local/serve") as typeof import("../local/serve");
  /* eslint-enable @typescript-eslint/no-require-imports */
  const project = findProject(cwd);
  await serve({ ...options, project, program: loadProgram(project) });
}
