import type * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { type BatchJobProcessorArgs } from "../args/BatchJobProcessorArgs";
import { type ProcessorSettings } from "../args/ProcessorArgs";
import { type DeployTarget } from "../aws/DeployTarget";
import { type InlineHandlers } from "../handlers/InlineHandlers";
import { type WorkerNetwork } from "../network/WorkerNetwork";
import { type JobTables } from "../pipeline/JobTables";
import { type ScalerOfFleets } from "../pipeline/Scaler";
import { type ProcessorQueue } from "./ProcessorQueue";

/** Addresses that the workers of all types share. */
export interface WorkerAddresses {
  region: string;
  jobTable?: string;
  payloadTable?: string;
  keepPayloads: boolean;
  largeValues?: string;
  fleetTable: string;
  scalerFunction: string;
  eventsTopic?: string;
  keptEventsQueueUrl?: string;
}

export interface WorkerFleetArgs extends Pick<
  BatchJobProcessorArgs,
  | "logRetentionDays"
  | "metrics"
  | "usageLabels"
  | "dashboard"
  | "traces"
  | "policyStatements"
  | "environment"
  | "secrets"
  | "sessionManager"
  | "kmsKey"
  | "tags"
> {
  processor: ProcessorSettings;
  /** Name of the component, for its metrics. */
  component: string;
  queue: ProcessorQueue;
  /**
   * Addresses that the workers of all types share. Fails if an environment doesn't fit user data, or a secret is an
   * invalid reference.
   */
  addresses: pulumi.Output<WorkerAddresses>;
  /** The resource that empties the queue, after the fleet is gone. */
  removal: pulumi.Resource;
  tables: JobTables;
  network: WorkerNetwork;
  image: pulumi.Input<string>;
  /** The secret with which the image is pulled from a registry other than ECR. */
  registryCredentials?: pulumi.Input<string>;
  machineImage: pulumi.Input<string>;
  target: DeployTarget;
  /** Bucket of the program's own handlers; set if the processor has one. */
  handlers?: InlineHandlers;
  /** Topic of final job states. */
  eventsTopic?: aws.sns.Topic;
  /** Queue of events that the topic did not take. */
  keptEventsQueue?: aws.sqs.Queue;
  scaler: ScalerOfFleets;
}
