import { uptime } from "node:os";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { type Log } from "../../../contract/log";
import { InstanceMetadata } from "../instance/metadata";
import { callTimeouts } from "../services/callTimeouts";
import { gateClient } from "../services/gatedClient";
import { type Services } from "../services/services";
import { type WorkerOptions } from "../settings";
import { systemClock } from "../support/clock";
import { InstancePrice } from "./instancePrice";
import { UsageMeter } from "./usageMeter";
import { DynamoUsageTable } from "./usageTable";

/** Time between two calls while the table is away; those of reports come on top. */
const usageTryMilliseconds = 60_000;

/** The meter of this worker's instance, with a client of its own: neither jobs nor reports wait for it. */
export function createUsage(
  { settings, slots, countedUptime }: WorkerOptions,
  services: Services,
  log: Log,
): { price: InstancePrice; meter: UsageMeter } {
  const { fleetTable, type, instancePrices, usageLabels } = settings;
  const metadata = InstanceMetadata.fromEnvironment(process.env);
  const price = new InstancePrice(slots, instancePrices, metadata && (() => metadata.read("instance-type")));
  const gate = services.gate("DynamoDB (usage)", usageTryMilliseconds);
  const client = gateClient(new DynamoDBClient({ requestHandler: callTimeouts, maxAttempts: 2 }), gate);
  const table = new DynamoUsageTable(client, fleetTable, type);
  // Without the machine's word the worker is all that runs on it.
  const uncountedSeconds = countedUptime === undefined ? process.uptime() : Math.max(0, uptime() - countedUptime);
  const uncountedMilliseconds = uncountedSeconds * 1_000;
  return {
    price,
    meter: new UsageMeter({ table, price, usageLabels, uncountedMilliseconds, clock: systemClock, log }),
  };
}
