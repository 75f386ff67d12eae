import { type Command } from "commander";
import { type DeadLetterOutcome, type DeadLetterSelection, JobProblemError } from "../../client/index";
import { confirm, expectYes } from "../acts/confirm";
import { type RetriedJobs, retryFailed } from "../acts/retryFailed";
import { CommandError, type ExitCode, exitCodes, usageError } from "../exitCodes";
import { count, rate } from "../optionValues";
import { renderLetter, renderLetters } from "../output/deadLetterTables";
import { paint } from "../output/styled";
import { err } from "../output/terminal";
import { reportFailure } from "../reportFailure";
import { openSessionOfOne, print, printJson, type Session } from "../session";
import { untilInterrupted } from "../untilInterrupted";

export function addDeadLetters(program: Command): void {
  const group = program
    .command("dead-letters")
    .description("Shows the jobs that failed for good, runs them again, or removes them")
    .addHelpText(
      "after",
      `
Works on the types' dead-letter queues, with your own AWS credentials; redrive goes by the API, unless --direct.

Examples:
  $ batch-jobs dead-letters list --type thumbnail
  $ batch-jobs dead-letters show picture-17
  $ batch-jobs dead-letters redrive --type thumbnail --rate 5
  $ batch-jobs dead-letters purge picture-17`,
    );
  addListLetters(group);
  addShowLetter(group);
  addRedrive(group);
  addPurge(group);
}

function addListLetters(group: Command): void {
  group
    .command("list")
    .description("Lists dead letters, with the reason of each")
    .option("--type <type>", "only of this job type")
    .option("-n, --limit <count>", "how many", count, 20)
    .addHelpText("after", "\nExamples:\n  $ batch-jobs dead-letters list --type thumbnail --limit 100 --json")
    .action(async ({ type, limit }: { type?: string; limit: number }, command: Command) => {
      const { client, isJson } = await openSessionOfOne(command);
      const page = await untilInterrupted((signal) => client.deadLetters.list({ type, limit, signal }));
      if (isJson) return printJson(page);
      print(page.deadLetters.length > 0 ? renderLetters(page.deadLetters) : "No dead letters");
      if (page.more > 0) {
        err.line(paint.dim(`About ${page.more} more: --limit, or being read by another process`));
      }
    });
}

function addShowLetter(group: Command): void {
  group
    .command("show")
    .description("Shows a dead letter whole, with the job's payload")
    .argument("<id>", "job id, or message id")
    .option("--type <type>", "its job type, so that no other queue is looked through")
    .addHelpText("after", "\nExamples:\n  $ batch-jobs dead-letters show picture-17 --json | jq .payload")
    .action(async (id: string, { type }: { type?: string }, command: Command) => {
      const { client, isJson } = await openSessionOfOne(command);
      const find = (signal: AbortSignal) => client.deadLetters.list({ type, ids: [id], limit: 1, signal });
      const [letter] = (await untilInterrupted(find)).deadLetters;
      if (!letter) throw notFound([id]);
      if (isJson) printJson(letter);
      else print(renderLetter(letter));
    });
}

interface RedriveCommandOptions extends SelectionOptions {
  rate?: number;
  direct?: boolean;
}

interface SelectionOptions {
  type?: string;
  all?: boolean;
}

function addRedrive(group: Command): void {
  group
    .command("redrive")
    .description(
      "Has failed jobs run again, under their ids and with attempts counted from zero: sends their dead letters back",
    )
    .argument("[ids...]", "job ids; with --direct also message ids")
    .option("--type <type>", "those of this job type")
    .option("--all", "those of all types")
    .option("--rate <number>", "how many a second at most (default: as fast as they are taken)", rate)
    .option("--direct", "past the API, by SQS and your own AWS credentials: also what is no job or has no record")
    .addHelpText(
      "after",
      "\nExamples:\n  $ batch-jobs dead-letters redrive picture-17 picture-18\n  $ batch-jobs dead-letters redrive --all --rate 10",
    )
    .action(async (ids: string[], options: RedriveCommandOptions, command: Command) => {
      const selection = select(ids, options);
      const session = await openSessionOfOne(command);
      const { deadLetters } = session.client;
      const outcome = await untilInterrupted((signal): Promise<DeadLetterOutcome & Partial<RetriedJobs>> => {
        const onProgress = (done: number) => showCount(session, `${done} sent back`);
        const redrive = { ...selection, signal, ratePerSecond: options.rate, onProgress };
        return options.direct ? deadLetters.redrive(redrive) : retryFailed(session.client, redrive);
      });
      for (const refusal of outcome.refusals ?? []) reportFailure(new JobProblemError(refusal));
      const exitCode = report(session, "redriven", "sent back", outcome);
      const isAllDone = (outcome.refusals ?? []).length === 0 && !(selection.ids && outcome.hidden > 0);
      process.exitCode = isAllDone ? exitCode : exitCodes.failed;
    });
}

function addPurge(group: Command): void {
  group
    .command("purge")
    .description("Removes dead letters for good; the records of their jobs stay")
    .argument("[ids...]", "job ids, or message ids")
    .option("--type <type>", "those of this job type")
    .option("--all", "those of all types")
    .option("-y, --yes", "don't ask")
    .addHelpText(
      "after",
      "\nExamples:\n  $ batch-jobs dead-letters purge picture-17\n  $ batch-jobs dead-letters purge --type thumbnail --yes",
    )
    .action(async (ids: string[], options: SelectionOptions & { yes?: boolean }, command: Command) => {
      const selection = select(ids, options);
      if (!selection.ids && !options.yes) {
        const { type } = options;
        const letters = `all dead letters of ${type ?? "all types"}`;
        expectYes(`remove ${letters}`);
        await confirm(`Remove ${letters} for good?`);
      }
      const session = await openSessionOfOne(command);
      const outcome = await untilInterrupted((signal) => session.client.deadLetters.purge({ ...selection, signal }));
      process.exitCode = report(session, "purged", "removed", outcome);
    });
}

function select(ids: string[], { type, all }: SelectionOptions): DeadLetterSelection {
  if (all && (type !== undefined || ids.length > 0)) throw usageError("Expected --all, or ids or a --type, got both");
  if (!all && type === undefined && ids.length === 0) throw usageError("Expected ids, --type or --all, got none");
  return { type, ids: ids.length > 0 ? ids : undefined };
}

function report({ isJson }: Session, field: string, verb: string, outcome: DeadLetterOutcome): ExitCode {
  const { count: done, missing, hidden } = outcome;
  if (isJson) printJson({ [field]: done, missing, hidden });
  else print([paint.green("✔"), ` ${done} dead letter${done === 1 ? "" : "s"} ${verb}`]);
  if (hidden > 0) {
    const hint = "the repair run reads them each minute; try again in a minute or two";
    err.line(paint.yellow(`About ${hidden} more are being read by another process, or were out of reach: ${hint}`));
  }
  const isByApi = "refusals" in outcome;
  if (missing.length > 0) throw notFound(missing, isByApi ? "; --direct takes those without a record too" : "");
  return exitCodes.ok;
}

function showCount({ isJson }: Session, text: string): void {
  if (!isJson && err.isTerminal) err.rewrite(text);
}

function notFound(ids: string[], more = ""): CommandError {
  const hint = `batch-jobs dead-letters list shows what there is${more}`;
  return new CommandError(`No dead letter of ${ids.join(", ")}`, exitCodes.notFound, hint);
}
