import { PublishCommand, type SNSClient } from "@aws-sdk/client-sns";
import { completionEventOf, eventMessage } from "../../../contract/messages/completionEvent";
import type { JobRecord } from "../../../contract/records/record";

/** Publishes the completion event of a record in a final state. */
export type Announce = (record: JobRecord) => Promise<void>;

/** Publishes completion events to the topic. */
export function announceTo(client: SNSClient, topicArn: string): Announce {
  return async function announce(record) {
    const { body, attributes } = eventMessage(completionEventOf(record));
    await client.send(new PublishCommand({ TopicArn: topicArn, Message: body, MessageAttributes: attributes }));
  };
}
