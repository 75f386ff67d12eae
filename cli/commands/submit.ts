import { Command } from "commander";
import pc from "picocolors";
import { CommandError, exitCodes } from "../exitCodes";
import { seconds, time, wholeSeconds } from "../optionValues";
import { readPayloads } from "../readPayloads";
import { openSession, print, printJson, Session } from "../session";
import { waitForJobs } from "../waitForJobs";

interface SubmitCommandOptions {
  file?: string;
  lines?: boolean;
  id?: string;
  delay?: number;
  runAt?: string;
  tenant?: string;
  wait?: boolean;
  timeout?: number;
}

export function addSubmit(program: Command): void {
  program
    .command("submit")
    .description("Submits a job, and prints its id")
    .argument("<type>", "job type")
    .argument("[payload]", "JSON (default: standard input)")
    .option("-f, --file <path>", "read the payload from a file, - for standard input")
    .option("--lines", "each line of the input is the payload of a job of its own")
    .option("--id <id>", "the job's id: submitting the same job under it again makes no second one")
    .option("--delay <seconds>", "how long the job waits before it may begin", wholeSeconds)
    .option("--run-at <time>", "when the job may begin, ISO 8601", time)
    .option("--tenant <name>", "whom the job is for")
    .option("-w, --wait", "wait until the job has ended, and show how")
    .option("--timeout <seconds>", "with --wait: how long", seconds)
    .addHelpText(
      "after",
      `
Examples:
  $ batch-jobs submit word-count '{"text": "to be or not to be"}' --wait
  $ batch-jobs submit thumbnail --file job.json --id picture-17
  $ echo '{"text": "later"}' | batch-jobs submit word-count --delay 600
  $ batch-jobs submit word-count --lines --file jobs.ndjson`,
    )
    .action(async (type: string, argument: string | undefined, options: SubmitCommandOptions, command: Command) => {
      checkOptions(options);
      const payloads = await readPayloads({ argument, file: options.file, isPerLine: options.lines });
      const session = await openSession(command);
      process.exitCode = options.lines
        ? await submitLines(session, type, payloads, options)
        : await submitOne(session, type, payloads[0], options);
    });
}

function checkOptions({ lines, id, wait, timeout, delay, runAt }: SubmitCommandOptions): void {
  const problem =
    lines && id !== undefined
      ? "Expected --lines or --id, got both: an id is for one job"
      : delay !== undefined && runAt !== undefined
        ? "Expected --delay or --run-at, got both"
        : timeout !== undefined && !wait
          ? "Expected --timeout together with --wait"
          : undefined;
  if (problem) throw new CommandError(problem, exitCodes.usage);
}

async function submitOne(session: Session, type: string, payload: unknown, options: SubmitCommandOptions) {
  const { id, delay, runAt, tenant } = options;
  const job = await session.client.submit(type, payload, { id, delaySeconds: delay, runAt, tenant });
  if (options.wait) return waitForJobs(session, [job.id], options.timeout);
  if (session.isJson) printJson({ id: job.id, type: job.type, state: job.state });
  else print(job.id);
  if (process.stderr.isTTY && !session.isJson)
    process.stderr.write(pc.dim(`Follow it with: batch-jobs wait ${job.id}\n`));
  return exitCodes.ok;
}

async function submitLines(session: Session, type: string, payloads: unknown[], options: SubmitCommandOptions) {
  const { delay, runAt, tenant } = options;
  const more = { delaySeconds: delay, runAt, tenant };
  const outcomes = await session.client.submitMany(payloads.map((payload) => ({ type, payload, ...more })));
  const accepted = outcomes.filter(({ isAccepted }) => isAccepted).map(({ id }) => id);
  const isWaiting = options.wait && accepted.length > 0;
  if (!isWaiting && session.isJson) printJson({ jobs: outcomes });
  else if (!isWaiting) accepted.forEach(print);
  outcomes.forEach((outcome, index) => {
    if (outcome.isAccepted) return;
    process.stderr.write(`${pc.red("✖")} Line ${index + 1} was refused: ${outcome.problem.detail}\n`);
  });
  const exitCode = isWaiting ? await waitForJobs(session, accepted, options.timeout) : exitCodes.ok;
  return accepted.length < outcomes.length ? exitCodes.failed : exitCode;
}
