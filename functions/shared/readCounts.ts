import { GetQueueAttributesCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { QueueCounts } from "../scaler/rules/fleetView";

/** Reads SQS's counts of a queue. */
export type ReadCounts = (queueUrl: string) => Promise<QueueCounts>;

/** Reads counts from SQS. */
export function readCountsWith(client: SQSClient): ReadCounts {
  return async function readCounts(queueUrl) {
    const { Attributes } = await client.send(
      new GetQueueAttributesCommand({
        QueueUrl: queueUrl,
        AttributeNames: ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
      }),
    );
    return {
      visible: Number(Attributes?.ApproximateNumberOfMessages ?? 0),
      inFlight: Number(Attributes?.ApproximateNumberOfMessagesNotVisible ?? 0),
    };
  };
}
