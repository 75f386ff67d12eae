import { clientOptions } from "../clientOptions";
import { variable } from "../environment";
import { logAsJson } from "../log";
import { createInbox } from "../inbox";
import { sendWith } from "../sendWith";
import type { RunContext } from "../runContext";
import { countMessages } from "./countMessages";
import { createRescue, type Rescued } from "./rescue";

export const deploymentOnlyModule = true;

/**
 * Builds the rescue Lambda's handler, once per environment. Serialised as it stands: packages are required inside.
 * Reads `TYPE_TABLE` and `UNROUTABLE_QUEUE_URL`.
 */
export function rescueFactory(): (event: unknown, context: RunContext) => Promise<Rescued> {
  const { DynamoDBClient, GetItemCommand } =
    require("@aws-sdk/client-dynamodb") as typeof import("@aws-sdk/client-dynamodb");
  const { SQSClient } = require("@aws-sdk/client-sqs") as typeof import("@aws-sdk/client-sqs");
  const tables = new DynamoDBClient(clientOptions());
  const TableName = variable("TYPE_TABLE");
  // The client's own endpoint, not the one that a queue's URL names: the two differ only where a test stands in for AWS.
  const queues = new SQSClient({ ...clientOptions(), useQueueUrlAsEndpoint: false });
  return createRescue({
    isListed: async (type) => {
      const Key = { type: { S: type } };
      const { Item } = await tables.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
      return Item !== undefined;
    },
    inbox: createInbox(queues),
    count: countMessages(queues),
    sendBatch: sendWith(queues),
    unroutableQueueUrl: variable("UNROUTABLE_QUEUE_URL"),
    now: () => Date.now(),
    pause: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    random: () => Math.random(),
    log: logAsJson,
  });
}
