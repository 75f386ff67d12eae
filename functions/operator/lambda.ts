import { randomUUID } from "node:crypto";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SNSClient } from "@aws-sdk/client-sns";
import { SQSClient } from "@aws-sdk/client-sqs";
import { readFleetsFrom } from "../frontend/services/fleets";
import { countTypesBy } from "../frontend/services/invokeFunctions";
import { createJobIndex } from "../frontend/services/jobIndex";
import { createJobPayloads } from "../frontend/services/jobPayloads";
import { createJobRecords } from "../frontend/services/jobRecords";
import { publishTo } from "../frontend/services/publishTo";
import { scheduleWith } from "../frontend/services/scheduleWith";
import type { ActOnLargeValues } from "../shared/largeValueActs";
import { log } from "../shared/log";
import { announceTo } from "../shared/messages/announceTo";
import { readCountsWith } from "../shared/messages/readCounts";
import { clientOptions, now, pause, variable } from "../shared/runtime";
import { createJobTypes } from "../shared/tables/jobTypes";
import { createJobTypeTable } from "../shared/tables/jobTypeTable";
import { createRecordTable } from "../shared/tables/recordTable";
import { requeueIn } from "../shared/tables/requeueRecord";
import { createActs } from "./actions/acts";
import { createOperator } from "./operator";
import { createActionTable } from "./services/actionTable";
import { createEndedPayloads } from "./services/endedPayloads";
import { filterLogsWith } from "./services/filterLogs";
import { createLargeValues } from "./services/largeValues";
import { readPastFrom } from "./services/readPast";
import { readUsageFrom } from "./services/readUsage";
import { redriveBy } from "./services/redriveBy";
import { removeDataIn } from "./services/removeData";
import { reserveSecondsIn } from "./services/reserveSeconds";
import { retryLaunchesIn } from "./services/retryLaunches";
import { watchWith } from "./services/watchWith";

/**
 * Builds the operator Lambda's handler, once per environment. Captures nothing.
 * Reads `TOPIC_ARN`, `TYPE_TABLE`, `FLEET_TABLE`, `CONTROL_TABLE`, `LOG_GROUP`, `SCALER_FUNCTION`, `SCHEDULE_GROUP`
 * and `SCHEDULE_ROLE_ARN`; with tracking `JOB_TABLE`, `PAYLOAD_TABLE`, `LARGE_VALUES`, `KEEP_PAYLOADS` and
 * `REMOVAL_FUNCTION`; with events `EVENTS_TOPIC_ARN`; and `HIDE_QUEUES` if callers may be outside of the account.
 */
export function operatorFactory(): ReturnType<typeof createOperator> {
  const tables = new DynamoDBClient(clientOptions());
  const jobTypes = createJobTypes({ table: createJobTypeTable(tables, variable("TYPE_TABLE")), now });
  const { publish, later, announce, watch } = createSenders();
  const jobTable = process.env.JOB_TABLE ?? "";
  const records = createJobRecords(tables, jobTable);
  const recordTable = createRecordTable(tables, jobTable);
  const payloadTable = process.env.PAYLOAD_TABLE ?? "";
  const payloads = { ...createJobPayloads(tables, payloadTable), ...createEndedPayloads(tables, payloadTable) };
  const bucket = process.env.LARGE_VALUES;
  const largeValues = bucket ? createLargeValues(bucket, now) : undefined;
  const actOnLarge: ActOnLargeValues = (act, input) => largeValues![act](input as never) as never;
  const effects = {
    ...{ jobTypes, records, payloads, actOnLarge, publish, now, log },
    requeue: requeueIn(recordTable),
    redrive: redriveBy(process.env.REMOVAL_FUNCTION ?? ""),
  };
  const keepPayloads = process.env.KEEP_PAYLOADS ? payloads.keep : undefined;
  return createOperator({
    ...{ ...effects, largeValues, watch },
    ...fleetsIn(tables, variable("FLEET_TABLE")),
    acts: createActs({ ...effects, keepPayloads, later, announce }),
    removeData: removeDataIn(recordTable),
    index: createJobIndex(tables, jobTable),
    actions: createActionTable(tables, variable("CONTROL_TABLE")),
    newId: () => randomUUID(),
    readCounts: readCountsWith(new SQSClient(clientOptions())),
    filterLogs: filterLogsWith(),
    functionLogGroup: variable("LOG_GROUP"),
    reserveSeconds: reserveSecondsIn(tables, variable("CONTROL_TABLE"), "logs"),
    records: jobTable ? records : undefined,
    hidesQueues: Boolean(process.env.HIDE_QUEUES),
    pause,
  });
}

/** Effects on the topics, and on the schedules that publish to them or watch actions. */
function createSenders() {
  const topics = new SNSClient(clientOptions());
  const topicArn = variable("TOPIC_ARN");
  const eventsTopic = process.env.EVENTS_TOPIC_ARN;
  const groupName = variable("SCHEDULE_GROUP");
  const roleArn = variable("SCHEDULE_ROLE_ARN");
  return {
    publish: publishTo(topics, topicArn),
    later: scheduleWith({ topicArn, groupName, roleArn, deadLetterArn: "" }),
    announce: eventsTopic ? announceTo(topics, eventsTopic) : undefined,
    watch: watchWith({ GroupName: groupName, RoleArn: roleArn }),
  };
}

/** Effects on the fleet table: the scaler's states, and what is kept of the past. */
function fleetsIn(tables: DynamoDBClient, tableName: string) {
  return {
    readFleets: readFleetsFrom(tables, tableName),
    readPast: readPastFrom(tables, tableName),
    readUsage: readUsageFrom(tables, tableName),
    retryLaunches: retryLaunchesIn(tables, tableName, countTypesBy(variable("SCALER_FUNCTION"))),
  };
}
