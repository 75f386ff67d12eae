import { DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import type { RedriveOutcomes } from "../../contract/messages/redrive";
import { invokeScaler } from "../router/invokeScaler";
import { createNudge } from "../router/nudge";
import { log } from "../shared/log";
import { createInbox } from "../shared/messages/inbox";
import { sendWith } from "../shared/messages/sendWith";
import { clientOptions, now, pause, type RunContext, variable } from "../shared/runtime";
import { createRecordTable } from "../shared/tables/recordTable";
import { requeueIn } from "../shared/tables/requeueRecord";
import { countMessages } from "./countMessages";
import { createDrainRemovedType, type Drained } from "./drainRemovedType";
import { createRedrive, readRedrive } from "./redrive";

/**
 * Builds the removal Lambda's handler, once per environment. Captures nothing.
 * Reads `TYPE_TABLE` and `UNROUTABLE_QUEUE_URL`; with tracking `JOB_TABLE` and `SCALER_FUNCTION`.
 */
export function removalFactory(): (event: unknown, context: RunContext) => Promise<Drained | RedriveOutcomes> {
  const tables = new DynamoDBClient(clientOptions());
  const TableName = variable("TYPE_TABLE");
  const queues = new SQSClient(clientOptions());
  const readType = async (type: string) => {
    const Key = { type: { S: type } };
    return (await tables.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }))).Item;
  };
  const shared = {
    inbox: createInbox(queues),
    sendBatch: sendWith(queues),
    now,
    pause,
    random: Math.random,
    log,
  };
  const drainRemovedType = createDrainRemovedType({
    ...shared,
    isListed: async (type) => (await readType(type)) !== undefined,
    count: countMessages(queues),
    unroutableQueueUrl: variable("UNROUTABLE_QUEUE_URL"),
  });
  const jobTable = process.env.JOB_TABLE;
  const records = jobTable ? createRecordTable(tables, jobTable) : undefined;
  const redrive =
    records &&
    createRedrive({
      ...shared,
      queuesOf: async (type) => {
        const item = await readType(type);
        return item && { queueUrl: item.queueUrl?.S ?? "", deadLetterQueueUrl: item.deadLetterQueueUrl?.S ?? "" };
      },
      countHidden: countMessages(queues, ["ApproximateNumberOfMessagesNotVisible"]),
      records: { read: records.read, requeue: requeueIn(records) },
      nudge: createNudge({ invoke: invokeScaler(variable("SCALER_FUNCTION")), now, log }),
    });
  return async function drainOrRedrive(event, context) {
    const wanted = readRedrive(event);
    if (!wanted) return drainRemovedType(event, context);
    if (!redrive) throw new Error("Expected a table of job records, got none");
    return redrive(wanted);
  };
}
