import { Command, CommanderError } from "commander";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { addDeadLetters } from "./commands/deadLetters";
import { addCancel, addList, addStatus, addWait } from "./commands/jobs";
import { addLocal } from "./commands/local";
import { addLogs } from "./commands/logs";
import { addSubmit } from "./commands/submit";
import { addTypes } from "./commands/types";
import { packageRoot } from "../local-cloud/program/packageFolder";
import { err, out } from "./output/terminal";
import { exitCodes } from "./exitCodes";
import { reportFailure } from "./reportFailure";
import { usageProblem } from "./usageProblem";

/** The command line `batch-jobs`. */
export function createProgram(): Command {
  const program = new Command("batch-jobs")
    .description("Jobs of a batch job processor: submit, follow and repair them, on AWS or on this machine.")
    .version(version(), "-V, --version", "print the version")
    .option("--url <url>", "the API's URL (default: BATCH_JOBS_URL, else that of the stack)")
    .option("--stack <name>", "Pulumi stack whose output holds the URL (default: the one selected in this folder)")
    .option("--output <name>", "the stack's output that holds the URL", "url")
    .option("--token <token>", "bearer token, for an API with jwt (default: BATCH_JOBS_TOKEN)")
    .option("--region <region>", "region to sign for (default: as the URL says, else AWS_REGION or the profile)")
    .option("--sign", "sign requests with AWS credentials (default: unless there is a token or the URL is local)")
    .option("--no-sign", "don't sign requests")
    .option("--json", "print JSON for programs")
    .addHelpText("after", epilogue)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => out.write(text),
      // Commander shows only help if a command is missing; refusals are reported below, like all failures.
      writeErr: (text) => err.write(text),
      outputError: () => undefined,
    })
    .exitOverride(endOn);
  const commands = [addSubmit, addStatus, addList, addCancel, addWait, addLogs, addTypes, addDeadLetters, addLocal];
  for (const add of commands) add(program);
  return program;
}

/** Ends the process as commander wants: after help and the version, and if the command line is invalid. */
function endOn(error: CommanderError): never {
  if (error.exitCode === 0) process.exit(exitCodes.ok);
  const problem = usageProblem(error);
  process.exit(problem ? reportFailure(problem) : exitCodes.usage);
}

function version(): string {
  return (JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as { version: string }).version;
}

const epilogue = `
Examples:
  $ batch-jobs types --stack dev
  $ batch-jobs submit word-count '{"text": "to be or not to be"}' --wait
  $ batch-jobs list --state failed

Exit codes: 0 done; 1 a job failed or was cancelled, or the command failed; 2 wrong usage; 3 no such job;
4 the time to wait was over; 130 Ctrl-C (local ends with 0 once the stack is up).`;
