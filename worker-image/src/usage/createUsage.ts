import { uptime } from "node:os";
import { type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { type Log } from "../../../contract/log";
import { InstanceMetadata } from "../instance/metadata";
import { type WorkerOptions } from "../settings";
import { systemClock } from "../support/clock";
import { InstancePrice } from "./instancePrice";
import { UsageMeter } from "./usageMeter";
import { DynamoUsageTable } from "./usageTable";

/** The meter of this worker's instance. */
export function createUsage(
  { settings, slots, countedUptime }: WorkerOptions,
  client: DynamoDBClient,
  log: Log,
): { price: InstancePrice; meter: UsageMeter } {
  const { fleetTable, type, instancePrices, usageLabels } = settings;
  const metadata = InstanceMetadata.fromEnvironment(process.env);
  const price = new InstancePrice(slots, instancePrices, metadata && (() => metadata.read("instance-type")));
  const table = new DynamoUsageTable(client, fleetTable, type);
  // Without the machine's word the worker is all that runs on it.
  const uncountedSeconds = countedUptime === undefined ? process.uptime() : Math.max(0, uptime() - countedUptime);
  const uncountedMilliseconds = uncountedSeconds * 1_000;
  return {
    price,
    meter: new UsageMeter({ table, price, usageLabels, uncountedMilliseconds, clock: systemClock, log }),
  };
}
