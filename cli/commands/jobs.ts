import { type Command } from "commander";
import type { Job } from "../../client/index";
import type { JobState } from "../../contract/records/record";
import { count, jobState, labelPair, seconds, timeAgo } from "../optionValues";
import { renderJob, renderJobs } from "../output/jobTables";
import { paint } from "../output/styled";
import { err } from "../output/terminal";
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
      const job = await client.get(id, { result: isJson });
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
      const unreachable = new Set<string>();
      let { cursor } = options;
      do {
        const page = await client.list({ ...wanted, limit: Math.min(limit - jobs.length, pageSize), cursor });
        jobs.push(...page.jobs);
        for (const url of page.unreachable ?? []) unreachable.add(url);
        cursor = page.cursor;
      } while (cursor !== undefined && jobs.length < limit);
      for (const url of unreachable) err.line([paint.yellow("…"), ` ${url} doesn't answer: its jobs are missing`]);
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
