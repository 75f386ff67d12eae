import { Command } from "commander";
import pc from "picocolors";
import type { Job } from "../../client";
import { isOnThisMachine } from "../../client/authorization";
import { isObject } from "../../contract/check";
import { CommandError } from "../exitCodes";
import { stackOutputs } from "../findApi";
import { oneLine } from "../jobTables";
import { GlobalOptions, openSession, print, printJson } from "../session";
import { cloudWatchLogs, localLogs, LogLine } from "../workerLogs";

export function addLogs(program: Command): void {
  program
    .command("logs")
    .description("Shows what workers logged of a job")
    .argument("<id>", "job id")
    .option("--log-group <name...>", "where they log (default: the stack's output logGroupNames, of the job's type)")
    .addHelpText(
      "after",
      "\nExamples:\n  $ batch-jobs logs picture-17 --stack prod\n  $ batch-jobs logs picture-17 --log-group media-thumbnail-fleet-logs-1a2b3c4",
    )
    .action(async (id: string, { logGroup }: { logGroup?: string[] }, command: Command) => {
      const { client, url, isJson } = await openSession(command);
      const { stack, region } = command.optsWithGlobals<GlobalOptions>();
      const job = await client.get(id);
      const lines = isOnThisMachine(url)
        ? await localLogs(url, id)
        : await cloudWatchLogs({
            groups: logGroup ?? (await groupsOf(job, stack)),
            jobId: id,
            since: Date.parse(job.submittedAt) - skewMilliseconds,
            region: region ?? regionOf(url),
          });
      if (isJson) return printJson({ lines });
      for (const line of lines) print(renderLine(line));
      if (lines.length === 0) process.stderr.write(pc.dim("No lines; they take some seconds to get here\n"));
    });
}

/** Clocks of instances and of the API may differ by as much. */
const skewMilliseconds = 300_000;

async function groupsOf({ type }: Job, stack?: string): Promise<string[]> {
  const { logGroupNames } = await stackOutputs(stack);
  const name = isObject(logGroupNames) ? logGroupNames[type] : undefined;
  if (typeof name === "string") return [name];
  const problem = `The stack's outputs don't say where workers of ${type} log`;
  throw new CommandError(problem, undefined, "Name it with --log-group, or export the component's logGroupNames");
}

function regionOf({ hostname }: URL): string | undefined {
  return /\.execute-api\.([a-z0-9-]+)\.amazonaws\.com/.exec(hostname)?.[1];
}

/** Workers write JSON, a line each; what else there is passes as it is. */
function renderLine({ at, stream, line }: LogLine): string {
  const entry = parse(line);
  const head = `${pc.dim(new Date(at).toISOString())} ${pc.dim(stream)}`;
  if (!isObject(entry)) return `${head} ${oneLine(line)}`;
  const { level, event } = entry;
  const fields = Object.entries(entry).filter(([name]) => !["time", "level", "event", "jobId"].includes(name));
  const shown = fields.map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return [
    head,
    typeof level === "string" ? level : "",
    typeof event === "string" ? oneLine(event) : "",
    pc.dim(oneLine(shown.join(" "))),
  ].join(" ");
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}
