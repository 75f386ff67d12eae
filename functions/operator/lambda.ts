import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { readFleetsFrom } from "../frontend/services/fleets";
import type { HttpAnswer } from "../shared/httpAnswer";
import { createJobTypes } from "../shared/jobTypes";
import { createJobTypeTable } from "../shared/jobTypeTable";
import type { OperatorCall } from "../shared/operatorCall";
import { clientOptions, now, variable } from "../shared/runtime";
import { createOperator } from "./operator";
import { retryLaunchesBy } from "./services/retryLaunchesBy";

/**
 * Builds the operator Lambda's handler, once per environment. Captures nothing.
 * Reads `TYPE_TABLE`, `FLEET_TABLE` and `SCALER_FUNCTION`.
 */
export function operatorFactory(): (call: OperatorCall) => Promise<HttpAnswer> {
  const tables = new DynamoDBClient(clientOptions());
  return createOperator({
    jobTypes: createJobTypes({ table: createJobTypeTable(tables, variable("TYPE_TABLE")), now }),
    readFleets: readFleetsFrom(tables, variable("FLEET_TABLE")),
    retryLaunches: retryLaunchesBy(variable("SCALER_FUNCTION")),
  });
}
