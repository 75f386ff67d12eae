import { GetQueueAttributesCommand, type QueueAttributeName, type SQSClient } from "@aws-sdk/client-sqs";

/** All counts of a queue's messages. */
const allCounts: QueueAttributeName[] = [
  "ApproximateNumberOfMessages",
  "ApproximateNumberOfMessagesNotVisible",
  "ApproximateNumberOfMessagesDelayed",
];

/** Counts a queue's messages, as far as SQS knows: hidden and delayed ones included, unless other counts are named. */
export function countMessages(
  client: SQSClient,
  AttributeNames: QueueAttributeName[] = allCounts,
): (queueUrl: string) => Promise<number> {
  return async function count(QueueUrl) {
    const { Attributes } = await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }));
    return Object.values(Attributes ?? {}).reduce((sum, text) => sum + Number(text), 0);
  };
}
