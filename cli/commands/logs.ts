import { type Command } from "commander";
import type { JobClient, LogLine } from "../../client/index";
import { usageError } from "../exitCodes";
import { renderLine } from "../logLines";
import { count, timeAgo } from "../optionValues";
import { waitingText } from "../output/jobTables";
import { paint } from "../output/styled";
import { err } from "../output/terminal";
import { openSession, print, printJson } from "../session";
import { untilInterrupted } from "../untilInterrupted";
import { waitingLine } from "../waitForJobs";

interface LogsOptions {
  since?: number;
  attempt?: number;
  follow?: boolean;
  full?: boolean;
}

export function addLogs(program: Command): void {
  program
    .command("logs")
    .description("Shows what functions and workers logged about a job")
    .argument("<id>", "job id")
    .option("-f, --follow", "follow the job until it has ended")
    .option("--since <time>", "lines since then: 10m, 2h, 1d, or ISO 8601 (default: all of the job)", timeAgo)
    .option("--attempt <number>", "lines of this attempt (default: of all)", count)
    .option("--full", "lines as JSON, with all their fields")
    .addHelpText(
      "after",
      "\nExamples:\n  $ batch-jobs logs picture-17 --stack prod\n  $ batch-jobs logs picture-17 --follow",
    )
    .action(async (id: string, options: LogsOptions, command: Command) => {
      const { client, isJson } = await openSession(command);
      if (options.follow && isJson) throw usageError("Expected --follow or --json, got both");
      const show = (line: LogLine) => print(renderLine(line, options.full));
      if (options.follow) return untilInterrupted((signal) => follow(client, id, { ...options, signal, show }));
      const lines = (await allLines(client, id)).filter(isWanted(options));
      if (isJson) printJson({ lines });
      else lines.forEach(show);
      const { waiting } = await client.get(id);
      if (waiting) err.line(waitingLine(id, waiting));
      else if (lines.length === 0 && !isJson) err.line(paint.dim("No lines; they take some seconds to get here"));
    });
}

/** Lines of an answer. */
const limit = 1_000;

async function allLines(client: JobClient, id: string): Promise<LogLine[]> {
  const all: LogLine[] = [];
  for (let after: string | undefined; ;) {
    const { lines, cursor, more } = await client.logs(id, { after, limit });
    all.push(...lines);
    if (!more) return all;
    after = cursor;
  }
}

function isWanted({ since, attempt }: LogsOptions): (line: LogLine) => boolean {
  return (line) =>
    (since === undefined || Date.parse(line.at) >= since) && (attempt === undefined || line.attempt === attempt);
}

interface FollowOptions extends LogsOptions {
  signal: AbortSignal;
  show: (line: LogLine) => void;
}

/** Shows lines as they come, and meanwhile why the job waits. */
async function follow(client: JobClient, id: string, { signal, show, ...options }: FollowOptions): Promise<void> {
  let told: string | undefined;
  for await (const lines of client.followLogs(id, { limit, signal })) {
    lines.filter(isWanted(options)).forEach(show);
    if (lines.length > 0) continue;
    const { waiting } = await client.get(id, { signal });
    if (!waiting || told === waitingText(waiting)) continue;
    told = waitingText(waiting);
    err.line(waitingLine(id, waiting));
  }
}
