import { SQSClient } from "@aws-sdk/client-sqs";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { AutoScalingClient } from "@aws-sdk/client-auto-scaling";
import { clientOptions } from "../shared/clientOptions";
import { variable } from "../shared/environment";
import { createJobTypes } from "../shared/jobTypes";
import { createJobTypeTable } from "../shared/jobTypeTable";
import { log } from "../shared/log";
import type { RunContext } from "../shared/runContext";
import { createAutoScaling } from "./autoScaling";
import { createFleetItems } from "./fleetItems";
import { readCountsWith } from "../shared/readCounts";
import { createScaler } from "./scaler";

/**
 * Builds the scaler Lambda's handler, once per environment. Captures nothing.
 * Reads `TYPE_TABLE` and `FLEET_TABLE`.
 */
export function scalerFactory(): (event: unknown, context: RunContext) => Promise<void> {
  const now = () => Date.now();
  const tables = new DynamoDBClient(clientOptions());
  // The client's own endpoint, not that of a queue's URL: they differ only if a test replaces AWS.
  const queues = new SQSClient({ ...clientOptions(), useQueueUrlAsEndpoint: false });
  // Auto Scaling throttles early: the client waits between its tries, longer each time.
  const groups = new AutoScalingClient({ ...clientOptions(), maxAttempts: 5 });
  return createScaler({
    jobTypes: createJobTypes({ table: createJobTypeTable(tables, variable("TYPE_TABLE")), now }),
    readCounts: readCountsWith(queues),
    autoScaling: createAutoScaling(groups),
    fleetItems: createFleetItems(tables, variable("FLEET_TABLE")),
    now,
    log,
  });
}
