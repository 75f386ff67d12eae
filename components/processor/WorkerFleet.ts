import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { defaults } from "../args/defaults";
import { createLogGroup } from "../aws/createLogGroup";
import { hasOwnHandler } from "../handlers/shipHandlers";
import { createGroups } from "./fleetGroups";
import { createLaunchTemplate } from "./launchTemplate";
import { type WorkerFleetArgs } from "./WorkerFleetArgs";
import { allowOwnGroups, createWorkerRole } from "./workerRole";

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
    const { processor, network, removal } = args;
    const { logRetentionDays: retentionInDays = defaults.logRetentionDays, kmsKey, tags } = args;
    const { fleetTable } = args.scaler;
    const part = { retentionInDays, part: processor.name, fleetTable };
    const logGroup = createLogGroup(name, { ...part, kmsKey, tags }, { parent: this });
    const handler = hasOwnHandler(processor)
      ? args.handlers?.upload(`${name}-handler`, processor.name, { parent: this })
      : undefined;
    const { role, policy } = createWorkerRole(name, args, logGroup, handler, this);
    const template = createLaunchTemplate(name, { ...args, role, logGroup, handler }, this);
    // The whole network: without its routes and endpoints a group that is being deleted could not drain.
    const { group, onDemandGroup } = createGroups(
      name,
      { ...args, template, dependsOn: [policy, network, network.ready, removal] },
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
