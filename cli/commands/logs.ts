import { setTimeout as sleep } from "node:timers/promises";
import { type Command } from "commander";
import { isOnThisMachine } from "../../client/connection/authorization";
import { regionOf } from "../../client/connection/region";
import type { Job } from "../../client/index";
import { isObject } from "../../contract/check";
import { isFinal } from "../../contract/records/record";
import { CommandError, usageError } from "../exitCodes";
import { stackOutputs } from "../findApi";
import { attemptOf, renderLine } from "../logLines";
import { count, timeAgo } from "../optionValues";
import { waitingText } from "../output/jobTables";
import { paint } from "../output/styled";
import { err } from "../output/terminal";
import { type GlobalOptions, openSession, print, printJson, type Session } from "../session";
import { untilInterrupted } from "../untilInterrupted";
import { waitingLine } from "../waitForJobs";
import { cloudWatchLogs, localLogs, type LogLine, type SearchedGroup } from "../workerLogs";

interface LogsOptions {
  logGroup?: string[];
  since?: number;
  attempt?: number;
  follow?: boolean;
  full?: boolean;
}

export function addLogs(program: Command): void {
  program
    .command("logs")
    .description("Shows what API, router, repair, removal and workers logged about a job")
    .argument("<id>", "job id")
    .option("-f, --follow", "follow the job until it has ended")
    .option("--since <time>", "lines since then: 10m, 2h, 1d, or ISO 8601 (default: all of the job)", timeAgo)
    .option("--attempt <number>", "lines of this attempt (default: of all)", count)
    .option("--full", "lines as they were written, with all their fields")
    .option(
      "--log-group <name...>",
      "where they log (default: the stack's outputs functionLogGroupNames and logGroupNames)",
    )
    .addHelpText(
      "after",
      "\nExamples:\n  $ batch-jobs logs picture-17 --stack prod\n  $ batch-jobs logs picture-17 --follow\n  $ batch-jobs logs picture-17 --log-group media-thumbnail-fleet-logs-1a2b3c4",
    )
    .action(async (id: string, options: LogsOptions, command: Command) => {
      const session = await openSession(command);
      if (options.follow && session.isJson) {
        throw usageError("Expected --follow or --json, got both");
      }
      const job = await session.client.get(id);
      const read = await readerOf(session, job, options, command.optsWithGlobals<GlobalOptions>());
      if (options.follow) return untilInterrupted((signal) => follow(session, job, { ...options, read, signal }));
      const lines = (await read()).filter(isWanted(options));
      if (session.isJson) printJson({ lines });
      else for (const line of lines) print(renderLine(line, options.full));
      if (job.waiting) err.line(waitingLine(id, job.waiting));
      else if (lines.length === 0 && !session.isJson)
        err.line(paint.dim("No lines; they take some seconds to get here"));
    });
}

/** Longest assumed difference between the clocks of instances and of the API. */
const skewMilliseconds = 300_000;

/** Time between two reads of new lines: CloudWatch Logs takes few calls a second from all readers together. */
const followMilliseconds = { local: 1_000, cloud: 5_000 };

type ReadLines = (since?: number) => Promise<LogLine[]>;

async function readerOf(
  { url }: Session,
  job: Job,
  { logGroup, since }: LogsOptions,
  { stack, region }: GlobalOptions,
): Promise<ReadLines> {
  if (isOnThisMachine(url)) return () => localLogs(url, job.id);
  const groups = logGroup?.map((name) => ({ name })) ?? (await groupsOf(job, stack));
  const start = Math.max(Date.parse(job.submittedAt) - skewMilliseconds, since ?? 0);
  return (from = start) => cloudWatchLogs({ groups, jobId: job.id, since: from, region: region ?? regionOf(url) });
}

/** Parts that write lines about single jobs, in the order in which a job meets them. */
const parts = ["frontend", "router", "repair", "removal"];

async function groupsOf({ type }: Job, stack?: string): Promise<SearchedGroup[]> {
  const { logGroupNames, functionLogGroupNames: ofFunctions } = await stackOutputs(stack);
  const name = isObject(logGroupNames) ? logGroupNames[type] : undefined;
  if (typeof name !== "string") {
    const problem = `The stack's outputs don't say where workers of ${type} log`;
    throw new CommandError(problem, undefined, "Name it with --log-group, or export the component's logGroupNames");
  }
  const functions = parts.flatMap((part) => {
    const group = isObject(ofFunctions) ? ofFunctions[part] : undefined;
    return typeof group === "string" ? [{ part, name: group }] : [];
  });
  return [...functions, { name }];
}

function isWanted({ since, attempt: wanted }: LogsOptions): (line: LogLine) => boolean {
  return (line) => (since === undefined || line.at >= since) && (wanted === undefined || attemptOf(line) === wanted);
}

/** Keys that distinguish lines; equal lines of one moment are numbered. */
function keysOf(lines: LogLine[]): string[] {
  const counts = new Map<string, number>();
  return lines.map(({ at, stream, line }) => {
    const text = `${at} ${stream} ${line}`;
    counts.set(text, (counts.get(text) ?? 0) + 1);
    return `${counts.get(text)} ${text}`;
  });
}

interface FollowOptions extends LogsOptions {
  read: ReadLines;
  signal: AbortSignal;
}

/** Prints lines as they come, until the job has ended and a last read is done. */
async function follow(
  { client, url }: Session,
  first: Job,
  { read, signal, ...options }: FollowOptions,
): Promise<void> {
  const seen = new Set<string>();
  const pause = isOnThisMachine(url) ? followMilliseconds.local : followMilliseconds.cloud;
  let newest: number | undefined;
  let told: string | undefined;
  for (let job = first; ; job = await client.get(first.id, { signal })) {
    // Lines of several instances arrive out of order.
    const lines = await read(newest === undefined ? undefined : newest - skewMilliseconds);
    const keys = keysOf(lines);
    const fresh = lines.filter((_line, index) => !seen.has(keys[index]!));
    for (const key of keys) seen.add(key);
    for (const { at } of fresh) newest = Math.max(newest ?? at, at);
    for (const line of fresh.filter(isWanted(options))) print(renderLine(line, options.full));
    if (job.waiting && told !== waitingText(job.waiting)) {
      told = waitingText(job.waiting);
      err.line(waitingLine(job.id, job.waiting));
    }
    if (isFinal(job.state) && fresh.length === 0) return;
    await sleep(pause, undefined, { signal });
  }
}
