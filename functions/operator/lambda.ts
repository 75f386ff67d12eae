import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { readFleetsFrom } from "../frontend/services/fleets";
import { createJobTypes } from "../shared/jobTypes";
import { createJobTypeTable } from "../shared/jobTypeTable";
import { log } from "../shared/log";
import { readCountsWith } from "../shared/readCounts";
import { createRecordTable } from "../shared/recordTable";
import { clientOptions, now, pause, variable } from "../shared/runtime";
import { createOperator } from "./operator";
import { filterLogsWith } from "./services/filterLogs";
import { createLargeValues } from "./services/largeValues";
import { reserveSecondsIn } from "./services/reserveSeconds";
import { retryLaunchesBy } from "./services/retryLaunchesBy";

/**
 * Builds the operator Lambda's handler, once per environment. Captures nothing.
 * Reads `TYPE_TABLE`, `FLEET_TABLE`, `CONTROL_TABLE`, `LOG_GROUP` and `SCALER_FUNCTION`; with tracking `JOB_TABLE` and
 * `LARGE_VALUES`; and `HIDE_QUEUES` if callers may be outside of the account.
 */
export function operatorFactory(): ReturnType<typeof createOperator> {
  const tables = new DynamoDBClient(clientOptions());
  const jobTable = process.env.JOB_TABLE;
  const bucket = process.env.LARGE_VALUES;
  return createOperator({
    records: jobTable ? createRecordTable(tables, jobTable) : undefined,
    jobTypes: createJobTypes({ table: createJobTypeTable(tables, variable("TYPE_TABLE")), now }),
    readFleets: readFleetsFrom(tables, variable("FLEET_TABLE")),
    readCounts: readCountsWith(new SQSClient(clientOptions())),
    largeValues: bucket ? createLargeValues(bucket, now) : undefined,
    retryLaunches: retryLaunchesBy(variable("SCALER_FUNCTION")),
    filterLogs: filterLogsWith(),
    functionLogGroup: variable("LOG_GROUP"),
    reserveSeconds: reserveSecondsIn(tables, variable("CONTROL_TABLE"), "logs"),
    hidesQueues: Boolean(process.env.HIDE_QUEUES),
    pause,
    now,
    log,
  });
}
