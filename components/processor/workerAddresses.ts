import * as pulumi from "@pulumi/pulumi";
import { type WorkerAddresses, type WorkerFleetArgs } from "./WorkerFleetArgs";

type Sources = Pick<WorkerFleetArgs, "tables" | "scaler" | "eventsTopic" | "keptEventsQueue" | "target">;

/** Addresses for a component, once its checks are done; made once, since an output costs time in each type. */
export function workerAddresses(sources: Sources, checks: pulumi.Input<void>[] = []): pulumi.Output<WorkerAddresses> {
  const addresses = {
    ...{ region: sources.target.region, jobTable: sources.tables.records?.name },
    payloadTable: sources.tables.payloads?.name,
    largeValues: sources.tables.largeValues?.id,
    keepPayloads: sources.tables.keepsPayloads,
    ...{ fleetTable: sources.scaler.fleetTable.name, scalerFunction: sources.scaler.functionArn },
    ...{ eventsTopic: sources.eventsTopic?.arn, keptEventsQueueUrl: sources.keptEventsQueue?.url },
  };
  return pulumi.all([pulumi.output(addresses), ...checks]).apply(([known]) => known as WorkerAddresses);
}
