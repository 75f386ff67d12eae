import { SendMessageBatchCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { batchOutcomes } from "./batches";
import type { SendBatch } from "./sendMessages";

/** Sends batches of messages to SQS. */
export function sendWith(client: SQSClient): SendBatch {
  return async function sendBatch(queueUrl, messages) {
    const { Failed } = await client.send(
      new SendMessageBatchCommand({
        QueueUrl: queueUrl,
        Entries: messages.map(({ body, attributes, groupId, delaySeconds }, index) => ({
          Id: String(index),
          MessageBody: body,
          MessageAttributes: attributes,
          MessageGroupId: groupId,
          DelaySeconds: delaySeconds,
        })),
      }),
    );
    return batchOutcomes(messages.length, Failed);
  };
}
