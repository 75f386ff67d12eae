import { Command } from "commander";
import { addRunOptions, type RunOptions } from "../cli/local/runOptions";
import { serve } from "../cli/local/serve";
import { reportFailure } from "../cli/reportFailure";
import { loadProgram } from "../local-cloud/index";
import { ownStack } from "./demoStack";

interface StartOptions extends RunOptions {
  stack: string;
  json?: boolean;
}

async function main(): Promise<void> {
  const command = new Command("npm start --")
    .description(
      "Runs a stack of the project on this machine until Ctrl-C: no cloud, no Docker. On a terminal it shows the fleet.",
    )
    .option("--stack <name>", "whose Pulumi.<name>.yaml to use", "dev")
    .option("--json", "print one JSON line with all addresses once the stack is up");
  addRunOptions(command).parse();
  const options = command.opts<StartOptions>();
  const own = ownStack();
  await serve({ ...own, ...options, ...(options.watch && { program: loadProgram(own.project) }) });
}

main().catch((error: unknown) => process.exit(reportFailure(error)));
