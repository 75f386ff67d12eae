import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { encodeJobType, type JobTypeFleet } from "../../contract/jobType";
import { PayloadForm } from "../args/choices";
import { type ProcessorSettings } from "../args/ProcessorArgs";
import { slotsOf } from "../aws/slotsOf";
import { resolve } from "../pulumi/json";
import { type MachineImage } from "./MachineImages";
import { type ProcessorQueue } from "./ProcessorQueue";
import { type WorkerFleet } from "./WorkerFleet";

export interface TypeEntryArgs {
  processor: ProcessorSettings;
  queue: ProcessorQueue;
  fleet: WorkerFleet;
  machineImage: MachineImage;
  typeTable: aws.dynamodb.Table;
  schedulesEnabled: boolean | undefined;
  /** The function that checks jobs by the entry: an upgrade replaces it first, so that it can read the entry. */
  frontend: aws.lambda.Function;
}

/**
 * A job type's entry in the table from which the functions read types. It is created last, so that the type exists
 * only once its queue admits the functions and its fleet can work.
 */
export function createTypeEntry(name: string, args: TypeEntryArgs, parent: pulumi.Resource): aws.dynamodb.TableItem {
  const { processor, queue, fleet, machineImage, typeTable, schedulesEnabled } = args;
  const { name: type, description, timeoutSeconds, maxAttempts, payloadSchema } = processor;
  const schedules = processor.schedules?.map(({ name: own, expression, timeZone }) => ({
    ...{ name: own, expression, timeZone },
    ...(schedulesEnabled === false && { enabled: false as const }),
  }));
  const known = {
    ...{ queueUrl: queue.queue.url, deadLetterQueueUrl: queue.deadLetterQueue.url, machineImage },
    logGroup: fleet.logGroup.name,
    ...{ groupName: fleet.group.name, onDemandGroupName: fleet.onDemandGroup?.name },
  };
  const item = resolve(known, ({ groupName, onDemandGroupName, ...rest }) =>
    JSON.stringify(
      encodeJobType({
        type,
        description,
        timeoutSeconds,
        maxAttempts,
        payloadSchema,
        schedules,
        ...(processor.payloads === PayloadForm.File && { payloads: "file" }),
        ...rest,
        fleet: fleetOf(processor, groupName, onDemandGroupName),
      }),
    ),
  );
  return new aws.dynamodb.TableItem(
    name,
    { tableName: typeTable.name, hashKey: typeTable.hashKey, item },
    { parent, dependsOn: [queue, fleet, args.frontend] },
  );
}

function fleetOf(processor: ProcessorSettings, groupName: string, onDemandGroupName?: string): JobTypeFleet {
  const { prefetch, targetLatencySeconds, secondsPerJob } = processor;
  return {
    groupName,
    onDemandGroupName,
    slots: slotsOf(processor),
    prefetch,
    targetLatencySeconds,
    secondsPerJob,
  };
}
