import type { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { standardCredentials } from "../client/connection/credentials";
import { readLocalRun } from "../client/connection/localRun";
import { proxiedClient } from "../client/connection/proxy";
import { isObject } from "../contract/check";
import { CommandError } from "./exitCodes";

/** A line that a worker wrote. */
export interface LogLine {
  /** Epoch milliseconds. */
  at: number;
  /** Log stream: the instance. */
  stream: string;
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
  if (response.ok && isObject(answer) && Array.isArray(answer.lines)) return answer.lines as LogLine[];
  throw new CommandError(`Expected the local cloud's logs at ${url.origin}, got status ${response.status}`);
}

export interface LogSearch {
  groups: string[];
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
    for (const logGroupName of groups) {
      const search = { logGroupName, filterPattern: `{ $.jobId = "${jobId}" }`, startTime: since };
      for await (const { events = [] } of paginateFilterLogEvents({ client }, search)) {
        for (const { timestamp = 0, logStreamName = "", message = "" } of events) {
          lines.push({ at: timestamp, stream: logStreamName, line: message.trimEnd() });
        }
      }
    }
  } finally {
    client.destroy();
  }
  return lines.sort((one, other) => one.at - other.at);
}
