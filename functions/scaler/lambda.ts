import { AutoScalingClient } from "@aws-sdk/client-auto-scaling";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { log } from "../shared/log";
import { readCountsWith } from "../shared/messages/readCounts";
import { clientOptions, now, type RunContext, variable } from "../shared/runtime";
import { createJobTypeTable } from "../shared/tables/jobTypeTable";
import { createAutoScaling } from "./autoScaling";
import { createFleetItems } from "./fleetItems";
import { createScaler } from "./scaler";

/** Builds the scaler Lambda's handler, once per environment. Captures nothing. Reads `TYPE_TABLE` and `FLEET_TABLE`. */
export function scalerFactory(): (event: unknown, context: RunContext) => Promise<void> {
  const tables = new DynamoDBClient(clientOptions());
  const queues = new SQSClient(clientOptions());
  // Auto Scaling throttles early: the client waits between its tries, longer each time.
  const groups = new AutoScalingClient(clientOptions(5));
  return createScaler({
    jobTypes: createJobTypeTable(tables, variable("TYPE_TABLE")),
    readCounts: readCountsWith(queues),
    autoScaling: createAutoScaling(groups),
    fleetItems: createFleetItems(tables, variable("FLEET_TABLE")),
    now,
    log,
  });
}
