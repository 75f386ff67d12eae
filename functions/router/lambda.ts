import { clientOptions } from "../shared/clientOptions";
import { variable } from "../shared/environment";
import { createJobTypes } from "../shared/jobTypes";
import { createJobTypeTable } from "../shared/jobTypeTable";
import { logAsJson } from "../shared/log";
import { invokeScaler } from "./invokeScaler";
import { createKeepUnsent } from "./keepUnsent";
import { createNudge } from "./nudge";
import { createRouteJobs, type TopicEvent } from "./routeJobs";
import { sendWith } from "../shared/sendWith";

export const deploymentOnlyModule = true;

/**
 * Builds the router Lambda's handler, once per environment. Serialised as it stands: packages are required inside.
 * Reads `TYPE_TABLE`, `UNSENT_TABLE`, `UNROUTABLE_QUEUE_URL` and, where a scaler is to be nudged, `SCALER_FUNCTION`.
 */
export function routerFactory(): (event: TopicEvent) => Promise<void> {
  const { DynamoDBClient } = require("@aws-sdk/client-dynamodb") as typeof import("@aws-sdk/client-dynamodb");
  const { SQSClient } = require("@aws-sdk/client-sqs") as typeof import("@aws-sdk/client-sqs");
  const now = () => Date.now();
  const tables = new DynamoDBClient(clientOptions());
  const table = createJobTypeTable(tables, variable("TYPE_TABLE"));
  // The client's own endpoint, not the one that a queue's URL names: the two differ only where a test stands in for AWS.
  const queues = new SQSClient({ ...clientOptions(), useQueueUrlAsEndpoint: false });
  const scaler = process.env.SCALER_FUNCTION;
  return createRouteJobs({
    jobTypes: createJobTypes({ table, now }),
    sendBatch: sendWith(queues),
    keepUnsent: createKeepUnsent(tables, variable("UNSENT_TABLE")),
    unroutableQueueUrl: variable("UNROUTABLE_QUEUE_URL"),
    nudge: scaler ? createNudge({ invoke: invokeScaler(scaler), now, log: logAsJson }) : undefined,
    now,
    pause: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    random: () => Math.random(),
    log: logAsJson,
  });
}
