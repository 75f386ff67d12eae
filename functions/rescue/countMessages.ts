import type { SQSClient } from "@aws-sdk/client-sqs";

export const deploymentOnlyModule = true;

/** Counts what is in a queue, hidden and held back messages included, as far as SQS knows. */
export function countMessages(client: SQSClient): (queueUrl: string) => Promise<number> {
  const { GetQueueAttributesCommand } = require("@aws-sdk/client-sqs") as typeof import("@aws-sdk/client-sqs");
  return async function count(queueUrl) {
    const { Attributes } = await client.send(
      new GetQueueAttributesCommand({
        QueueUrl: queueUrl,
        AttributeNames: [
          "ApproximateNumberOfMessages",
          "ApproximateNumberOfMessagesNotVisible",
          "ApproximateNumberOfMessagesDelayed",
        ],
      }),
    );
    return Object.values(Attributes ?? {}).reduce((sum, text) => sum + Number(text), 0);
  };
}
