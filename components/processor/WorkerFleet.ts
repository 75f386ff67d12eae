import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { BatchJobProcessorArgs } from "../args/BatchJobProcessorArgs";
import { defaults } from "../args/defaults";
import { DeployTarget } from "./DeployTarget";
import { createGroups } from "./fleetGroups";
import { InlineHandlers } from "../handlers/InlineHandlers";
import { JobTables } from "../pipeline/JobTables";
import { createLaunchTemplate } from "./launchTemplate";
import { ProcessorSettings } from "../args/ProcessorArgs";
import { ProcessorQueue } from "./ProcessorQueue";
import { WorkerNetwork } from "../network/WorkerNetwork";
import { allowOwnGroups, createWorkerRole } from "./workerRole";

export interface WorkerFleetArgs extends Pick<
  BatchJobProcessorArgs,
  "logRetentionDays" | "metrics" | "policyStatements" | "environment" | "secrets" | "sessionManager" | "kmsKey" | "tags"
> {
  processor: ProcessorSettings;
  /** Name of the component, for its metrics. */
  component: string;
  queue: ProcessorQueue;
  /** Fails if an environment doesn't fit user data, or a secret is an invalid reference. */
  checked: pulumi.Output<void>;
  /** The resource that empties the queue, after the fleet is gone. */
  rescue: pulumi.Resource;
  tables: JobTables;
  network: WorkerNetwork;
  image: pulumi.Input<string>;
  /** The secret with which the image is pulled from a registry other than ECR. */
  registryCredentials?: pulumi.Input<string>;
  machineImage: pulumi.Input<string>;
  target: DeployTarget;
  /** Bucket of the inline handlers; set if the processor has one. */
  handlers?: InlineHandlers;
  /** Topic of final job states. */
  eventsTopic?: aws.sns.Topic;
  /** Queue of events that the topic did not take. */
  keptEventsQueue?: aws.sqs.Queue;
  /** The scaler. */
  scaler: {
    fleetTable: aws.dynamodb.Table;
    /** ARN of the alias by which workers nudge the scaler. */
    functionArn: pulumi.Input<string>;
  };
}

/** A processor's Auto Scaling group, or two of them, whose instances each run one worker container. */
export class WorkerFleet extends pulumi.ComponentResource {
  readonly group: aws.autoscaling.Group;
  /** Takes over when the first group, of spot instances, is short. */
  readonly onDemandGroup?: aws.autoscaling.Group;
  readonly role: aws.iam.Role;
  /** Log group of the workers. */
  readonly logGroup: aws.cloudwatch.LogGroup;

  constructor(name: string, args: WorkerFleetArgs, opts?: pulumi.ComponentResourceOptions) {
    super("batch-job-processor:index:WorkerFleet", name, {}, opts);
    const { processor, network, rescue, tags } = args;
    const logGroup = new aws.cloudwatch.LogGroup(
      `${name}-logs`,
      { retentionInDays: args.logRetentionDays ?? defaults.logRetentionDays, kmsKeyId: args.kmsKey, tags },
      { parent: this },
    );
    const handler = processor.handle && args.handlers?.upload(`${name}-handler`, processor.name, { parent: this });
    const { role, policy } = createWorkerRole(name, args, logGroup, handler, this);
    const template = createLaunchTemplate(name, { ...args, role, logGroup, handler }, this);
    // The whole network: without its routes and endpoints a group that is being deleted could not drain.
    const { group, onDemandGroup } = createGroups(
      name,
      { ...args, template, dependsOn: [policy, network, network.ready, rescue] },
      this,
    );
    allowOwnGroups(name, role, onDemandGroup ? [group, onDemandGroup] : [group], this);
    this.role = role;
    this.logGroup = logGroup;
    this.group = group;
    this.onDemandGroup = onDemandGroup;
    this.registerOutputs();
  }
}
