import type { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { standardCredentials } from "../client/connection/credentials";
import { readLocalRun } from "../client/connection/localRun";
import { proxiedClient } from "../client/connection/proxy";
import { isObject, jsonObjectOf } from "../contract/check";
import { isAboutJob } from "../contract/log";
import { CommandError } from "./exitCodes";

/** A line that a worker wrote. */
export interface LogLine {
  /** Epoch milliseconds. */
  at: number;
  /** Log stream: the instance. */
  stream: string;
  /** The function that wrote it: `frontend`, `router` and so on; undefined for workers. */
  part?: string | undefined;
  line: string;
}

/** Lines that the local cloud's workers logged of a job: its own control beside the API. */
export async function localLogs(url: URL, jobId: string): Promise<LogLine[]> {
  const token = readLocalRun(url)?.token;
  if (token === undefined) {
    const problem = `Expected the file that the local cloud at ${url.origin} leaves for its user, found none`;
    throw new CommandError(problem, undefined, "Is it up, and did you start it, with the same XDG_STATE_HOME?");
  }
  const headers = { authorization: `Bearer ${token}` };
  const logs = new URL(`_local/logs?job=${encodeURIComponent(jobId)}`, url);
  const response = await fetch(logs, { headers, redirect: "manual" });
  const answer = await response.json().catch((): unknown => undefined);
  if (response.ok && isObject(answer) && Array.isArray(answer.lines)) {
    return inOrder((answer.lines as LogLine[]).map((line) => ({ ...line, part: functionOf(line.stream) })));
  }
  throw new CommandError(`Expected the local cloud's logs at ${url.origin}, got status ${response.status}`);
}

/** The function by the name that it has, `…-router-function-1a2b3c4`. */
function functionOf(name: string): string | undefined {
  return /([a-z]+)-function-[0-9a-f]+$/.exec(name)?.[1];
}

/** By the time at which they were written, which is before they were taken in. */
function inOrder(lines: LogLine[]): LogLine[] {
  return lines.map((line) => ({ ...line, at: timeOf(line) ?? line.at })).sort((one, other) => one.at - other.at);
}

function timeOf({ line }: LogLine): number | undefined {
  const { time: text } = jsonObjectOf(line) ?? {};
  const time = typeof text === "string" ? Date.parse(text) : NaN;
  return Number.isNaN(time) ? undefined : time;
}

/** A log group, of a function or of a type's workers. */
export interface SearchedGroup {
  name: string;
  /** The function; undefined for workers. */
  part?: string;
}

export interface LogSearch {
  groups: SearchedGroup[];
  jobId: string;
  /** Epoch milliseconds: no line of the job is older. */
  since: number;
  region?: string;
}

/** Lines that workers logged of a job, from CloudWatch Logs, oldest first. Lines take some seconds to appear there. */
export async function cloudWatchLogs({ groups, jobId, since, region }: LogSearch): Promise<LogLine[]> {
  const { CloudWatchLogsClient, paginateFilterLogEvents } = await import("@aws-sdk/client-cloudwatch-logs");
  const client: CloudWatchLogsClient = new CloudWatchLogsClient({
    ...(region && { region }),
    ...(await proxiedClient()),
    credentials: await standardCredentials(),
  });
  const lines: LogLine[] = [];
  try {
    for (const { name: logGroupName, part } of groups) {
      // Functions write one line for several jobs, and no pattern looks through an array of any length.
      const filterPattern = part === undefined ? `{ $.jobId = "${jobId}" }` : `"${jobId}"`;
      const search = { logGroupName, filterPattern, startTime: since };
      for await (const { events = [] } of paginateFilterLogEvents({ client }, search)) {
        for (const { timestamp = 0, logStreamName = "", message = "" } of events) {
          const line = message.trimEnd();
          if (part === undefined || isAboutJob(line, jobId)) {
            lines.push({ at: timestamp, stream: logStreamName, line, ...(part && { part }) });
          }
        }
      }
    }
  } finally {
    client.destroy();
  }
  return inOrder(lines);
}
