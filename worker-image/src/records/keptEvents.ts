import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { type Log } from "../../../contract/log";
import { type CompletionEvent, eventMessage } from "../../../contract/messages/completionEvent";
import { toJobError } from "../support/errors";
import { type Announce } from "./announceEnds";

export interface KeptEventsEffects {
  publish: Announce;
  /** Keeps the event for the repair run. */
  keep: Announce;
  log: Log;
}

/**
 * Publishes each event, and keeps one that the topic refuses for the repair run, which publishes it later:
 * so no job's message, and no record, waits for the topic. Rejects if both fail.
 */
export function publishOrKeep({ publish, keep, log }: KeptEventsEffects): Announce {
  return async (event: CompletionEvent) => {
    try {
      await publish(event);
    } catch (error) {
      await keep(event);
      const { name, message } = toJobError(error);
      log("warn", "event-kept", { jobId: event.id, state: event.state, error: { name, message } });
    }
  };
}

/** Keeps events in a queue of SQS. */
export function keepInQueue(client: SQSClient, queueUrl: string): Announce {
  return async (event) => {
    await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: eventMessage(event).body }));
  };
}
