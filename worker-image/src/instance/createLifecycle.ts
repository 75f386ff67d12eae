import { AutoScalingClient } from "@aws-sdk/client-auto-scaling";
import { type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { type SQSClient } from "@aws-sdk/client-sqs";
import { type Log } from "../../../contract/log";
import { type WorkerSettings } from "../../../contract/workerSettings";
import { type SqsQueue } from "../queue/sqsQueue";
import { callTimeouts } from "../services/callTimeouts";
import { gateClient } from "../services/gatedClient";
import { type Services } from "../services/services";
import { systemClock } from "../support/clock";
import { chooseWhenIdle, isAlone } from "./chooseWhenIdle";
import { findGroups, readCounts } from "./fleetGroups";
import { FleetReports } from "./fleetReports";
import { DynamoFleetTable } from "./fleetTable";
import { AutoScalingInstanceGroup } from "./instanceGroup";
import { Lifecycle } from "./lifecycle";
import { InstanceMetadata } from "./metadata";
import { type RecentJobs } from "./recentJobs";
import { nudgeScaler } from "./scalerNudge";

export interface LifecycleParts {
  settings: WorkerSettings;
  slots: number;
  sqs: SQSClient;
  /** The type's queue, as this worker sees it. */
  queue: Pick<SqsQueue, "isQuiet">;
  services: Services;
  /** Client of the fleet table. */
  fleetClient: DynamoDBClient;
  recentJobs: RecentJobs;
  log: Log;
}

/** The lifecycle of this machine's instance; undefined if metadata is switched off. */
export function createLifecycle(parts: LifecycleParts): Lifecycle | undefined {
  const { settings, slots, sqs, queue, services, fleetClient, recentJobs, log } = parts;
  const metadata = InstanceMetadata.fromEnvironment(process.env);
  if (!metadata) return undefined;
  const { type, queueUrl, fleetTable, scalerFunction } = settings;
  const autoScaling = gateClient(
    new AutoScalingClient({ requestHandler: callTimeouts }),
    services.gate("Auto Scaling"),
  );
  const table = new DynamoFleetTable(fleetClient, fleetTable, type);
  return new Lifecycle({
    settings,
    metadata,
    findGroup: () => AutoScalingInstanceGroup.find(autoScaling, metadata),
    async chooseWhenIdle() {
      const [instanceId, groups] = await Promise.all([
        metadata.read("instance-id"),
        findGroups(autoScaling, fleetTable, type),
      ]);
      // No other worker holds a message, and this one listens: it would have received what waits.
      const isEmpty = queue.isQuiet && isAlone({ instanceId, groups });
      const [counts, figures] = isEmpty
        ? [{ visible: 0, inFlight: 0 }, {}]
        : await Promise.all([readCounts(sqs, queueUrl), table.readFigures()]);
      return chooseWhenIdle({ ...settings, slots, instanceId, counts, groups, figures });
    },
    async nudge(moreThan) {
      const { visible } = await readCounts(sqs, queueUrl);
      if (visible > moreThan) await nudgeScaler(scalerFunction, type, visible);
    },
    reports: new FleetReports({ table, metadata, slots, recentJobs, clock: systemClock, log }),
    slots,
    clock: systemClock,
    random: Math.random,
    log,
  });
}
