import type { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { clientOptions } from "../../shared/runtime";
import type { FilterLogs } from "../logs/logEvent";

/** Searches log groups. Loads the client with the first search. */
export function filterLogsWith(): FilterLogs {
  let client: CloudWatchLogsClient | undefined;
  return async function filterLogs({ group, streams, from, until, text, limit, next }) {
    const aws = await import("@aws-sdk/client-cloudwatch-logs");
    client ??= new aws.CloudWatchLogsClient(clientOptions());
    const { events = [], nextToken } = await client.send(
      new aws.FilterLogEventsCommand({
        logGroupName: group,
        logStreamNames: streams,
        startTime: from,
        endTime: until,
        // No pattern looks through an array of any length, such as that of a batch's ids.
        filterPattern: `"${text}"`,
        limit,
        nextToken: next,
      }),
    );
    return {
      events: events.map(({ eventId = "", timestamp = 0, logStreamName = "", message = "" }) => ({
        ...{ id: eventId, timestamp, stream: logStreamName, text: message },
      })),
      next: nextToken,
    };
  };
}
