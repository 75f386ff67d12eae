import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { log } from "../shared/log";
import { sendWith } from "../shared/messages/sendWith";
import { clientOptions, now, pause, variable } from "../shared/runtime";
import { createJobTypes } from "../shared/tables/jobTypes";
import { createJobTypeTable } from "../shared/tables/jobTypeTable";
import { invokeScaler } from "./invokeScaler";
import { createKeepJobs } from "./keepJobs";
import { createKeepUnsent } from "./keepUnsent";
import { createNudge } from "./nudge";
import { createRouteJobs, type TopicEvent } from "./routeJobs";
import { sentByType } from "./sentByType";

/**
 * Builds the router Lambda's handler, once per environment. Captures nothing.
 * Reads `TYPE_TABLE`, `UNSENT_TABLE`, `UNROUTABLE_QUEUE_URL` and `SCALER_FUNCTION`.
 */
export function routerFactory(): (event: TopicEvent) => Promise<void> {
  const tables = new DynamoDBClient(clientOptions());
  const table = createJobTypeTable(tables, variable("TYPE_TABLE"));
  const queues = new SQSClient(clientOptions());
  const unroutableQueueUrl = variable("UNROUTABLE_QUEUE_URL");
  const nudge = createNudge({ invoke: invokeScaler(variable("SCALER_FUNCTION")), now, log });
  return createRouteJobs({
    jobTypes: createJobTypes({ table, now }),
    sendBatch: sendWith(queues),
    keepJobs: createKeepJobs(createKeepUnsent(tables, variable("UNSENT_TABLE")), unroutableQueueUrl, log),
    unroutableQueueUrl,
    nudge: (sent) => nudge(sentByType(sent, unroutableQueueUrl)),
    now,
    pause,
    random: Math.random,
    log,
  });
}
