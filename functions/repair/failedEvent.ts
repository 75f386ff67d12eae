import { isObject, jsonOf } from "../../contract/check";
import type { TopicEvent } from "../router/routeJobs";

/**
 * The SNS event in a message of the router's failure destination (Lambda's record of an asynchronous invocation, with
 * the event under `requestPayload`) or of the subscription's dead-letter queue (the notification as SNS writes it).
 * Anything else counts as a malformed job, which the router keeps with its reason.
 */
export function failedEvent(body: string): TopicEvent {
  const parsed = jsonOf(body);
  if (isObject(parsed)) {
    if (isEvent(parsed.requestPayload)) return parsed.requestPayload;
    if (typeof parsed.Message === "string") return eventOf(parsed.Message);
  }
  return eventOf(body);
}

/** The SNS event of one message. */
export function eventOf(Message: string): TopicEvent {
  return { Records: [{ Sns: { Message } }] };
}

function isEvent(value: unknown): value is TopicEvent {
  const isRecord = (record: unknown) =>
    isObject(record) && isObject(record.Sns) && typeof record.Sns.Message === "string";
  return isObject(value) && Array.isArray(value.Records) && value.Records.length > 0 && value.Records.every(isRecord);
}
