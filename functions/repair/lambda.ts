import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SNSClient } from "@aws-sdk/client-sns";
import { SQSClient } from "@aws-sdk/client-sqs";
import { log } from "../shared/log";
import { announceTo } from "../shared/messages/announceTo";
import { createInbox } from "../shared/messages/inbox";
import { sendWith } from "../shared/messages/sendWith";
import { clientOptions, now, pause, type RunContext, variable } from "../shared/runtime";
import { createJobTypes } from "../shared/tables/jobTypes";
import { createJobTypeTable } from "../shared/tables/jobTypeTable";
import { createUnsentEvents } from "../shared/unsentEvents";
import { createFailedRecords } from "./failedRecords";
import { createRepair } from "./repair";

/**
 * Builds the repair Lambda's handler, once per environment. Captures nothing. Reads `TYPE_TABLE`, `UNSENT_TABLE`,
 * `UNROUTABLE_QUEUE_URL`, `FAILURE_QUEUE_URL`, `UNDELIVERED_QUEUE_URL`; with tracking `JOB_TABLE`; with events
 * `EVENTS_TOPIC_ARN` and `KEPT_EVENTS_QUEUE_URL`.
 */
export function repairFactory(): (event: unknown, context: RunContext) => Promise<void> {
  const eventsTopic = process.env.EVENTS_TOPIC_ARN;
  const jobTable = process.env.JOB_TABLE;
  const tables = new DynamoDBClient(clientOptions());
  const queues = new SQSClient(clientOptions());
  return createRepair({
    jobTypes: createJobTypes({ table: createJobTypeTable(tables, variable("TYPE_TABLE")), now }),
    sendBatch: sendWith(queues),
    inbox: createInbox(queues),
    unsentEvents: createUnsentEvents(tables, variable("UNSENT_TABLE")),
    announce: eventsTopic ? announceTo(new SNSClient(clientOptions()), eventsTopic) : undefined,
    records: jobTable ? createFailedRecords(tables, jobTable) : undefined,
    keptEventsUrl: process.env.KEPT_EVENTS_QUEUE_URL,
    unroutableQueueUrl: variable("UNROUTABLE_QUEUE_URL"),
    failedEvents: [
      { name: "router failures", url: variable("FAILURE_QUEUE_URL") },
      { name: "undelivered", url: variable("UNDELIVERED_QUEUE_URL") },
    ],
    now,
    pause,
    random: Math.random,
    log,
  });
}
