import { GetQueueAttributesCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { countNames, countsIn, type QueueCounts } from "../../../contract/fleet/queueCounts";

/** Reads SQS's counts of a queue. */
export type ReadCounts = (queueUrl: string) => Promise<QueueCounts>;

/** Reads counts from SQS. */
export function readCountsWith(client: SQSClient): ReadCounts {
  return async function readCounts(queueUrl) {
    const command = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: countNames });
    return countsIn((await client.send(command)).Attributes);
  };
}
