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
import { trackTarget } from "./targetTracking";
import { WorkerNetwork } from "../network/WorkerNetwork";
import { allowOwnGroups, createWorkerRole } from "./workerRole";

export interface WorkerFleetArgs extends Pick<
  BatchJobProcessorArgs,
  "logRetentionDays" | "metrics" | "policyStatements" | "environment" | "secrets" | "sessionManager" | "kmsKey" | "tags"
> {
  processor: ProcessorSettings;
  /** Name of the component, as its metrics may bear it. */
  component: string;
  queue: ProcessorQueue;
  /** Fails where an environment is not fit for user data, or a secret is no reference. */
  checked: pulumi.Output<void>;
  /** What empties the queue: not before the fleet is gone. */
  rescue: pulumi.Resource;
  tables: JobTables;
  network: WorkerNetwork;
  image: pulumi.Input<string>;
  /** The secret by which the image is pulled from a registry other than ECR. */
  registryCredentials?: pulumi.Input<string>;
  machineImage: pulumi.Input<string>;
  target: DeployTarget;
  /** Where inline handlers are kept; there if the processor's is one. */
  handlers?: InlineHandlers;
  /** Where ends are published. */
  eventsTopic?: aws.sns.Topic;
  /** Where ends are kept that the topic did not take. */
  keptEventsQueue?: aws.sqs.Queue;
  /** What makes the fleet grow; absent where CloudWatch does. */
  scaler?: {
    fleetTable: aws.dynamodb.Table;
    /** Of the alias by which workers nudge the scaler. */
    functionArn: pulumi.Input<string>;
  };
}

/** A processor's Auto Scaling group, or two of them, whose instances each run one worker container. */
export class WorkerFleet extends pulumi.ComponentResource {
  readonly group: aws.autoscaling.Group;
  /** Stands in where the first group, of spot instances, stays short. */
  readonly onDemandGroup?: aws.autoscaling.Group;
  readonly role: aws.iam.Role;
  /** What the workers log. */
  readonly logGroup: aws.cloudwatch.LogGroup;

  constructor(name: string, args: WorkerFleetArgs, opts?: pulumi.ComponentResourceOptions) {
    super("batch-job-processor:index:WorkerFleet", name, {}, opts);
    const { processor, queue, network, rescue, scaler, tags } = args;
    const logGroup = new aws.cloudwatch.LogGroup(
      `${name}-logs`,
      { retentionInDays: args.logRetentionDays ?? defaults.logRetentionDays, kmsKeyId: args.kmsKey, tags },
      { parent: this },
    );
    const handler = processor.handle && args.handlers?.upload(`${name}-handler`, processor.name, { parent: this });
    const { role, policy } = createWorkerRole(name, args, logGroup, handler, this);
    const template = createLaunchTemplate(name, { ...args, role, logGroup, handler }, this);
    // The network whole: without its routes and endpoints a group that is being deleted could not drain.
    const { group, onDemandGroup } = createGroups(
      name,
      { ...args, template, dependsOn: [policy, network, network.ready, rescue] },
      this,
    );
    allowOwnGroups(name, role, onDemandGroup ? [group, onDemandGroup] : [group], this);
    if (!scaler) trackTarget(group, `${name}-group`, { processor, queueName: queue.queue.name, tags }, this);
    this.role = role;
    this.logGroup = logGroup;
    this.group = group;
    this.onDemandGroup = onDemandGroup;
    this.registerOutputs();
  }
}
