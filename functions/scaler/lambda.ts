import { clientOptions } from "../shared/clientOptions";
import { variable } from "../shared/environment";
import { createJobTypes } from "../shared/jobTypes";
import { createJobTypeTable } from "../shared/jobTypeTable";
import { logAsJson } from "../shared/log";
import type { RunContext } from "../shared/runContext";
import { createAutoScaling } from "./autoScaling";
import { createFleetItems } from "./fleetItems";
import { readCountsWith } from "../shared/readCounts";
import { createScaler } from "./scaler";

export const deploymentOnlyModule = true;

/**
 * Builds the scaler Lambda's handler, once per environment. Serialised as it stands: packages are required inside.
 * Reads `TYPE_TABLE` and `FLEET_TABLE`.
 */
export function scalerFactory(): (event: unknown, context: RunContext) => Promise<void> {
  const { AutoScalingClient } =
    require("@aws-sdk/client-auto-scaling") as typeof import("@aws-sdk/client-auto-scaling");
  const { DynamoDBClient } = require("@aws-sdk/client-dynamodb") as typeof import("@aws-sdk/client-dynamodb");
  const { SQSClient } = require("@aws-sdk/client-sqs") as typeof import("@aws-sdk/client-sqs");
  const now = () => Date.now();
  const tables = new DynamoDBClient(clientOptions());
  // The client's own endpoint, not the one that a queue's URL names: the two differ only where a test stands in for AWS.
  const queues = new SQSClient({ ...clientOptions(), useQueueUrlAsEndpoint: false });
  // Auto Scaling throttles early: the client waits between its tries, longer each time.
  const groups = new AutoScalingClient({ ...clientOptions(), maxAttempts: 5 });
  return createScaler({
    jobTypes: createJobTypes({ table: createJobTypeTable(tables, variable("TYPE_TABLE")), now }),
    readCounts: readCountsWith(queues),
    autoScaling: createAutoScaling(groups),
    fleetItems: createFleetItems(tables, variable("FLEET_TABLE")),
    now,
    log: logAsJson,
  });
}
