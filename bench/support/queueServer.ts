import { randomUUID } from "node:crypto";
import { encodeEnvelope } from "../../contract/messages/envelope";
import { workerMain } from "../../contract/packageRoot";
import { startCloud } from "../../local-cloud/index";
import { type Work } from "./work";

export const jobType = "bench";
export const jobTable = "jobs";

/** The calls of consumers, which are delayed and counted. */
const actions = [
  "ReceiveMessage",
  "DeleteMessage",
  "DeleteMessageBatch",
  "ChangeMessageVisibility",
  "ChangeMessageVisibilityBatch",
];

export type QueueServer = Awaited<ReturnType<typeof startQueueServer>>;
export type BenchQueue = Awaited<ReturnType<QueueServer["createQueue"]>>;

/** The local cloud's SQS and DynamoDB, with latency added to each of a consumer's SQS calls. */
export async function startQueueServer(latencyMilliseconds: number) {
  const cloud = await startCloud({ workerMain: workerMain() });
  const { endpoint, region, credentials, messaging, calls } = cloud;
  const seen = { calls: 0, removals: [] as number[] };
  for (const action of actions) {
    const when = ({ body }: { body: string }) => note(seen, action, body);
    cloud.faults.add({ service: "sqs", action, status: 0, delayMilliseconds: latencyMilliseconds, when });
  }
  await calls.dynamodb("CreateTable", {
    TableName: jobTable,
    KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
    AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
    BillingMode: "PAY_PER_REQUEST",
  });

  async function createQueue() {
    const QueueName = `bench-${randomUUID()}`;
    const { QueueUrl: url } = await calls.sqs<{ QueueUrl: string }>("CreateQueue", { QueueName });
    const queue = messaging.queue(url)!;
    return {
      url,
      /** Puts the jobs into the queue, all at once. */
      submit(works: Work[]): void {
        const submittedAt = new Date().toISOString();
        for (const [index, payload] of works.entries()) {
          const body = encodeEnvelope({
            version: 1,
            id: `${submittedAt}-${index}`.replace(/:/g, "."),
            type: jobType,
            payload,
            submittedAt,
          });
          messaging.send(queue.arn, body, {});
        }
      },
      get isEmpty(): boolean {
        return queue.messages.length === 0 && queue.inflightMessages.size === 0;
      },
    };
  }

  return {
    createQueue,
    /** SQS calls since the last reset, and the time of each message's removal. */
    seen,
    reset: () => Object.assign(seen, { calls: 0, removals: [] }),
    environment: {
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    },
    close: () => cloud.stop(),
  };
}

function note(seen: { calls: number; removals: number[] }, action: string, body: string): boolean {
  seen.calls++;
  if (action.startsWith("DeleteMessage")) {
    const { Entries: entries } = JSON.parse(body) as { Entries?: unknown[] };
    for (let count = entries?.length ?? 1; count > 0; count--) seen.removals.push(Date.now());
  }
  return true;
}
