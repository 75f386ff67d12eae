import { type Command } from "commander";
import type { Job, JobClient } from "../../client/index";
import type { JobState } from "../../contract/records/record";
import { exitCodes } from "../exitCodes";
import { count, jobState, labelPair, seconds, timeAgo, wholeSeconds } from "../optionValues";
import { renderJob, renderJobs } from "../output/jobTables";
import { paint } from "../output/styled";
import { err } from "../output/terminal";
import { readPayloads } from "../readPayloads";
import { reportFailure } from "../reportFailure";
import { openSession, print, printJson } from "../session";
import { waitForJobs } from "../waitForJobs";

export function addStatus(program: Command): void {
  program
    .command("status")
    .description("Shows a job as it is now")
    .argument("<id>", "job id")
    .addHelpText(
      "after",
      "\nExamples:\n  $ batch-jobs status picture-17\n  $ batch-jobs status picture-17 --json | jq .result",
    )
    .action(async (id: string, _options: object, command: Command) => {
      const { client, isJson } = await openSession(command);
      const job = await client.get(id);
      if (isJson) printJson(job);
      else print(renderJob(job));
    });
}

export function addWait(program: Command): void {
  program
    .command("wait")
    .description("Waits until jobs have ended, and shows how")
    .argument("<ids...>", "job ids")
    .option("--timeout <seconds>", "how long (default: until they have ended)", seconds)
    .addHelpText("after", "\nExamples:\n  $ batch-jobs wait picture-17 --timeout 300\n  $ batch-jobs wait $(cat ids)")
    .action(async (ids: string[], { timeout }: { timeout?: number }, command: Command) => {
      process.exitCode = await waitForJobs(await openSession(command), [...new Set(ids)], timeout);
    });
}

export function addCancel(program: Command): void {
  program
    .command("cancel")
    .description("Cancels jobs: one that waits never runs, one that runs is asked to stop")
    .argument("<ids...>", "job ids")
    .addHelpText("after", "\nExamples:\n  $ batch-jobs cancel picture-17\n  $ batch-jobs cancel $(cat ids)")
    .action((ids: string[], _options: object, command: Command) =>
      actOnEach(ids, command, (client, id) => client.cancel(id), cancelled),
    );
}

/** Acts on each job, and prints how it then is: one that refuses keeps no other from its turn. */
async function actOnEach(
  ids: string[],
  command: Command,
  act: (client: JobClient, id: string) => Promise<Job>,
  text: (job: Job) => string,
): Promise<void> {
  const { client, isJson } = await openSession(command);
  const jobs: Job[] = [];
  let exitCode: number = exitCodes.ok;
  for (const id of new Set(ids)) {
    await act(client, id).then(
      (job) => jobs.push(job),
      (error: unknown) => (exitCode = Math.max(exitCode, reportFailure(error))),
    );
  }
  if (isJson) printJson(ids.length === 1 ? (jobs[0] ?? null) : { jobs });
  else for (const job of jobs) print([paint.green("✔"), ` ${text(job)}`]);
  process.exitCode = exitCode;
}

function cancelled({ id, state }: Job): string {
  if (state === "cancelled") return `Job ${id} is cancelled`;
  return `Job ${id} is ${state} and was asked to stop; batch-jobs wait ${id} shows when it has`;
}

export function addRetry(program: Command): void {
  program
    .command("retry")
    .description("Runs failed or cancelled jobs again, under their ids and with attempts counted from zero")
    .argument("<ids...>", "job ids")
    .option("--delay <seconds>", "how long the jobs wait before they may begin (default: 0)", wholeSeconds)
    .addHelpText("after", "\nExamples:\n  $ batch-jobs retry picture-17 && batch-jobs wait picture-17")
    .action((ids: string[], { delay }: { delay?: number }, command: Command) =>
      actOnEach(
        ids,
        command,
        (client, id) => client.retry(id, { delaySeconds: delay }),
        ({ id, state }) => `Job ${id} is ${state}`,
      ),
    );
}

export function addRemoveData(program: Command): void {
  program
    .command("remove-data")
    .description("Removes the payload, result, checkpoint and dead letter of ended jobs, for good")
    .argument("<ids...>", "job ids")
    .addHelpText("after", "\nExamples:\n  $ batch-jobs remove-data picture-17")
    .action((ids: string[], _options: object, command: Command) =>
      actOnEach(
        ids,
        command,
        (client, id) => client.removeData(id),
        ({ id }) => `The data of job ${id} is removed`,
      ),
    );
}

export function addReplay(program: Command): void {
  program
    .command("replay")
    .description("Submits a job like this one, and prints its id")
    .argument("<id>", "job id")
    .option("--payload <json>", "another payload (default: that of the job)")
    .option("--type <type>", "another job type (default: that of the job)")
    .option("--id <id>", "the new job's id (default: one that the API gives)")
    .addHelpText("after", "\nExamples:\n  $ batch-jobs wait $(batch-jobs replay picture-17)")
    .action(async (id: string, options: { payload?: string; type?: string; id?: string }, command: Command) => {
      const { payload: argument, ...more } = options;
      const payload = argument === undefined ? {} : { payload: (await readPayloads({ argument }))[0] };
      const { client, isJson } = await openSession(command);
      const job = await client.replay(id, { ...more, ...payload });
      if (isJson) printJson(job);
      else print(job.id);
    });
}

const pageSize = 100;

export function addList(program: Command): void {
  program
    .command("list")
    .description("Lists jobs, newest first")
    .option("--type <type>", "only of this job type (default: of all)")
    .option("--state <state>", "only in this state (default: in any)", jobState)
    .option("--tenant <tenant>", "only of this tenant (default: of all)")
    .option("--label <name=value>", "only with this label, such as campaign=spring (default: any)", labelPair)
    .option(
      "--since <time>",
      "only submitted since then, or ended, with --state failed or cancelled: 2h, or a time (default: ever)",
      timeAgo,
    )
    .option("-n, --limit <count>", "how many", count, 20)
    .option("--cursor <cursor>", "where the previous list ended (default: from the newest)")
    .addHelpText(
      "after",
      "\nExamples:\n  $ batch-jobs list --type thumbnail --state failed --since 2h\n  $ batch-jobs list --limit 1000 --json",
    )
    .action(async (options: ListOptions, command: Command) => {
      const { client, isJson } = await openSession(command);
      const jobs: Job[] = [];
      const { limit, since, ...rest } = options;
      const wanted = { ...rest, from: since === undefined ? undefined : new Date(since) };
      let { cursor } = options;
      do {
        const page = await client.list({ ...wanted, limit: Math.min(limit - jobs.length, pageSize), cursor });
        jobs.push(...page.jobs);
        cursor = page.cursor;
      } while (cursor !== undefined && jobs.length < limit);
      if (isJson) return printJson({ jobs, cursor });
      print(jobs.length > 0 ? renderJobs(jobs) : "No jobs");
      if (cursor !== undefined) err.line(paint.dim(`There are more: --limit, or --cursor ${cursor}`));
    });
}

interface ListOptions {
  type?: string;
  state?: JobState;
  tenant?: string;
  /** `name:value`. */
  label?: string;
  /** Epoch milliseconds. */
  since?: number;
  limit: number;
  cursor?: string;
}
