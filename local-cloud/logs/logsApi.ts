import type { ServerResponse } from "node:http";
import { Refused } from "../wire/refusal";
import type { Service } from "../wire/service";
import type { LogGroups } from "./logGroups";

/** FilterLogEvents, on AWS's wire protocol ("Amazon CloudWatch Logs API Reference"). */
export function createLogsApi(store: LogGroups): Service {
  return {
    protocol: "json",
    handle({ action, input = {} }, response: ServerResponse): void {
      if (action !== "FilterLogEvents") {
        throw new Refused(`The local cloud doesn't know ${action} of CloudWatch Logs`, "NotImplemented", 501);
      }
      const answer = JSON.stringify(filter(store, input));
      response.writeHead(200, { "content-type": "application/x-amz-json-1.1" }).end(answer);
    },
  };
}

interface FilterInput {
  logGroupName?: string;
  logStreamNames?: string[];
  startTime?: number;
  endTime?: number;
  filterPattern?: string;
  limit?: number;
  nextToken?: string;
}

function filter(store: LogGroups, input: FilterInput) {
  const { logGroupName: name = "", logStreamNames, startTime = 0, endTime = Infinity, limit = 10_000 } = input;
  if (!store.groups.has(name))
    throw new Refused("The specified log group does not exist.", "ResourceNotFoundException");
  if (logStreamNames?.length === 0 || (logStreamNames?.length ?? 0) > 100) {
    throw invalid(`Expected 1 to 100 logStreamNames, got ${logStreamNames!.length}`);
  }
  if (!Number.isInteger(limit) || limit < 1 || limit > 10_000)
    throw invalid(`Expected a limit of 1–10,000, got ${limit}`);
  const text = termOf(input.filterPattern);
  const found = store
    .lines()
    .filter(
      ({ id, group, stream, at, line }) =>
        group === name &&
        at >= startTime &&
        at <= endTime &&
        (logStreamNames?.includes(stream) ?? true) &&
        line.includes(text) &&
        (input.nextToken === undefined || id > input.nextToken),
    );
  const events = found.slice(0, limit).map(({ id, stream, at, line }) => ({
    ...{ eventId: id, logStreamName: stream, timestamp: at, ingestionTime: at, message: line },
  }));
  return { events, searchedLogStreams: [], ...(found.length > limit && { nextToken: found[limit - 1]!.id }) };
}

/** The text of a pattern `"text"`, the only kind here. */
function termOf(pattern = '""'): string {
  const [, text] = /^"([^"\\]*)"$/.exec(pattern) ?? [];
  if (text === undefined) throw invalid(`Expected a pattern of one text in quotes in the local cloud, got ${pattern}`);
  return text;
}

function invalid(message: string): Refused {
  return new Refused(message, "InvalidParameterException");
}
