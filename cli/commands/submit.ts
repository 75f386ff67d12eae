import { stat } from "node:fs/promises";
import { type Command } from "commander";
import { JobProblemError } from "../../client/index";
import { nearestName } from "../../contract/http/nearestName";
import { limits } from "../../contract/limits";
import { CommandError, exitCodes, usageError } from "../exitCodes";
import { label, seconds, time, wholeSeconds } from "../optionValues";
import { paint } from "../output/styled";
import { err } from "../output/terminal";
import { readPayloads } from "../readPayloads";
import { openSession, print, printJson, type Session } from "../session";
import { waitForJobs } from "../waitForJobs";

interface SubmitCommandOptions {
  file?: string;
  lines?: boolean;
  id?: string;
  delay?: number;
  runAt?: string;
  tenant?: string;
  label?: Record<string, string>;
  wait?: boolean;
  timeout?: number;
}

export function addSubmit(program: Command): void {
  program
    .command("submit")
    .description("Submits a job, and prints its id")
    .argument("<type>", "job type")
    .argument("[payload]", "JSON (default: standard input)")
    .option("-f, --file <path>", "read the payload from a file of any size, - for standard input")
    .option("--lines", "each line of the input is the payload of a job of its own")
    .option(
      "--id <id>",
      "the job's id: submitting the job again under it makes no second one (default: one that the API gives)",
    )
    .option("--delay <seconds>", "how long the job waits before it may begin (default: 0)", wholeSeconds)
    .option("--run-at <time>", "when the job may begin, ISO 8601 (default: at once)", time)
    .option("--tenant <name>", "the tenant that the job belongs to (default: none)")
    .option("--label <name=value>", "a label of the job; repeat it for more (default: none)", label)
    .option("-w, --wait", "wait until the job has ended, and show how")
    .option("--timeout <seconds>", "with --wait: how long (default: until it has ended)", seconds)
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
      const { file, lines } = options;
      const largeFile = argument === undefined && !lines && (await isLarge(file)) ? file : undefined;
      const payloads = largeFile === undefined ? await readPayloads({ argument, file, isPerLine: lines }) : [];
      const session = await openSession(command);
      process.exitCode = options.lines
        ? await submitLines(session, type, payloads, options)
        : await submitOne(session, type, payloads[0], options, largeFile);
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
  if (problem) throw usageError(problem);
}

/** True for a file that is uploaded as it is. */
async function isLarge(file: string | undefined): Promise<boolean> {
  if (file === undefined || file === "-") return false;
  const found = await stat(file).catch(() => undefined);
  return found !== undefined && found.isFile() && found.size > limits.maxPayloadBytes;
}

async function submitOne(
  session: Session,
  type: string,
  payload: unknown,
  options: SubmitCommandOptions,
  largeFile: string | undefined,
) {
  const { id, delay, runAt, tenant, label: labels } = options;
  const { client } = session;
  const given = { id, delaySeconds: delay, runAt, tenant, labels };
  const submitted =
    largeFile === undefined ? client.submit(type, payload, given) : client.submitFile(type, largeFile, given);
  const job = await submitted.catch((error: unknown) => explainType(session, type, error));
  if (options.wait) return waitForJobs(session, [job.id], options.timeout);
  if (session.isJson) printJson({ id: job.id, type: job.type, state: job.state, url: job.url });
  else print(job.id);
  if (err.isTerminal && !session.isJson) err.line(paint.dim(`Follow it with: batch-jobs wait ${job.id}`));
  return exitCodes.ok;
}

/** Adds the existing types to the error about an unknown one. */
async function explainType({ client }: Session, type: string, error: unknown): Promise<never> {
  if (!(error instanceof JobProblemError && error.code === "unknown-type")) throw error;
  const known = await client.types().then(
    (types) => types.map((each) => each.type),
    () => [],
  );
  if (known.length === 0) throw error;
  const nearest = nearestName(type, known);
  const named = known.length > mostNamed ? [...known.slice(0, mostNamed), "…"] : known;
  throw new CommandError(
    `Expected a job type that there is, got ${JSON.stringify(type)}${nearest ? `; did you mean ${nearest}?` : ""}`,
    exitCodes.failed,
    `There ${known.length === 1 ? "is" : "are"} ${named.join(", ")}; batch-jobs types says more`,
  );
}

const mostNamed = 10;

async function submitLines(session: Session, type: string, payloads: unknown[], options: SubmitCommandOptions) {
  const { delay, runAt, tenant, label: labels } = options;
  const more = { delaySeconds: delay, runAt, tenant, labels };
  const outcomes = await session.client.submitMany(payloads.map((payload) => ({ type, payload, ...more })));
  const accepted = outcomes.filter(({ isAccepted }) => isAccepted).map(({ id }) => id);
  const isWaiting = options.wait && accepted.length > 0;
  if (!isWaiting && session.isJson) printJson({ jobs: outcomes });
  else if (!isWaiting) accepted.forEach(print);
  outcomes.forEach((outcome, index) => {
    if (outcome.isAccepted) return;
    err.line([paint.red("✖"), ` Line ${index + 1} was refused: ${outcome.problem.detail}`]);
  });
  const exitCode = isWaiting ? await waitForJobs(session, accepted, options.timeout) : exitCodes.ok;
  return accepted.length < outcomes.length ? exitCodes.failed : exitCode;
}
