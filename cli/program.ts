import { type Command } from "commander";
import { baseProgram } from "./baseProgram";
import { addActions, addFailures } from "./commands/actions";
import { addCancel, addRemoveData, addReplay, addRetry } from "./commands/acts";
import { addConsole } from "./commands/console";
import { addDeadLetters } from "./commands/deadLetters";
import { addDrill } from "./commands/drill";
import { addList, addStatus, addWait } from "./commands/jobs";
import { addLocal } from "./commands/local";
import { addLogs } from "./commands/logs";
import { addSubmit } from "./commands/submit";
import { addTop } from "./commands/top";
import { addSchedules, addTypes } from "./commands/types";
import { addUsage } from "./commands/usage";

/** The command line `batch-jobs`. */
export function createProgram(): Command {
  const program = baseProgram("batch-jobs")
    .description("Jobs of a batch job processor: submit, follow and repair them, on AWS or on this machine.")
    .option("--url <url>", `${aboutUrls} (default: BATCH_JOBS_URL, else a local run's, else the stack's)`, oneMore)
    .option("--stack <name>", "Pulumi stack whose output holds the URL (default: the one selected in this folder)")
    .option("--output <name>", "the stack's output that holds the URL", "url")
    .option("--token <token>", `bearer token, for an API with jwt${ofEach} (default: BATCH_JOBS_TOKEN)`, oneMore)
    .option("--region <region>", `${aboutRegions}${ofEach} (default: AWS_REGION, else the profile's)`, oneMore)
    .option("--sign", "sign requests with AWS credentials (default: unless there is a token or the URL is local)")
    .option("--no-sign", "don't sign requests")
    .option("--json", "print JSON for programs")
    .addHelpText("after", epilogue)
    .configureHelp({ showGlobalOptions: true });
  const ofJobs = [addSubmit, addStatus, addList, addCancel, addRetry, addReplay, addRemoveData, addWait, addLogs];
  const commands = [
    ...ofJobs,
    addActions,
    addFailures,
    addTypes,
    addTop,
    addSchedules,
    addUsage,
    addDeadLetters,
    addDrill,
    addConsole,
    addLocal,
  ];
  for (const add of commands) add(program);
  return program;
}

const aboutUrls = "the API's URL; given again, one to change over to when the first fails";

const aboutRegions = "region to sign for, if the URL doesn't name it";
const ofEach = "; given again, that of each --url, in their order";

const oneMore = (url: string, others: string[] = []) => [...others, url];

const epilogue = `
Examples:
  $ batch-jobs types --stack dev
  $ batch-jobs submit word-count '{"text": "to be or not to be"}' --wait
  $ batch-jobs list --state failed

Exit codes: 0 done; 1 a job failed or was cancelled, or the command failed; 2 wrong usage; 3 no such job;
4 the time to wait was over; 130 Ctrl-C (local, once the stack is up, console and top end with 0).`;
