import { PublishBatchCommand, type SNSClient } from "@aws-sdk/client-sns";
import { batchOutcomes } from "../../shared/messages/batches";
import type { Publish } from "../effects";

/** Publishes batches of messages to the topic. */
export function publishTo(client: SNSClient, topicArn: string): Publish {
  return async function publish(messages) {
    const { Failed } = await client.send(
      new PublishBatchCommand({
        TopicArn: topicArn,
        PublishBatchRequestEntries: messages.map(({ body, attributes }, index) => ({
          Id: String(index),
          Message: body,
          MessageAttributes: attributes,
        })),
      }),
    );
    return batchOutcomes(messages.length, Failed);
  };
}
