import { Command } from "commander";
import { portNumber } from "../cli/local/portNumber";
import { serve } from "../cli/local/serve";
import { loadProgram } from "../local-cloud/program/loadProgram";
import { ownStack } from "./demoStack";
import { reportFailure } from "./reportFailure";

interface StartOptions {
  port?: number;
  stack: string;
  enforceAuth?: boolean;
  json?: boolean;
  verbose?: boolean;
  watch?: boolean;
}

async function main(): Promise<void> {
  const command = new Command("npm start --")
    .description(
      "Runs a stack of the project on this machine until Ctrl-C: no cloud, no Docker. On a terminal it shows the fleet.",
    )
    .option("--port <number>", "port of the HTTP API (default: a free one)", portNumber)
    .option("--stack <name>", "whose Pulumi.<name>.yaml to use", "dev")
    .option(
      "--enforce-auth",
      "have the HTTP API ask for what its authorization says, as on AWS (default: it asks nobody)",
    )
    .option("--json", "print one JSON line with all addresses once the stack is up")
    .option("--watch", "redeploy whenever the project's files change; queues, records and jobs at work stay")
    .option("--verbose", "print what the functions and workers log, on standard error")
    .parse();
  const options = command.opts<StartOptions>();
  const own = ownStack();
  await serve({ ...own, ...options, ...(options.watch && { program: loadProgram(own.project) }) });
}

main().catch(reportFailure);
