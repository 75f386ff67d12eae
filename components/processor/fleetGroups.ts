import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { fleetTag, fleetTagValue } from "../../contract/fleet/state";
import { type ProcessorSettings } from "../args/ProcessorArgs";
import { groupMetric } from "../pipeline/JobDashboard";
import { scheduleCapacity } from "./capacitySchedule";
import { lifecycleHooks, manageHooks } from "./lifecycleHooks";
import { type WorkerFleetArgs } from "./WorkerFleetArgs";

/** Minutes for the deletion of a group, beside the drain of its instances. */
const deleteMinutes = 20;

export interface FleetGroups {
  group: aws.autoscaling.Group;
  /** Takes over when the first group, of spot instances, is short. */
  onDemandGroup?: aws.autoscaling.Group;
}

type FleetGroupsArgs = WorkerFleetArgs & {
  template: aws.ec2.LaunchTemplate;
  dependsOn: pulumi.Input<pulumi.Resource>[];
};

/** The groups of a fleet, pinned to the template's newest version: the scaler replaces instances of older ones. */
export function createGroups(name: string, args: FleetGroupsArgs, parent: pulumi.Resource): FleetGroups {
  const { spot, minInstances, capacitySchedule = [] } = args.processor;
  const groupName = `${name}-group`;
  // A refresh reads the schedule's minimum, which must not count as a change to undo.
  const ignored = capacitySchedule.length > 0 ? ["minSize"] : [];
  const group = createGroup(groupName, { ...args, minSize: minInstances, isSpot: spot, ignored }, parent);
  scheduleCapacity(group, groupName, capacitySchedule, parent);
  if (!spot) return { group };
  const onDemand = { ...args, minSize: 0, isSpot: false, ignored: [] };
  return { group, onDemandGroup: createGroup(`${name}-on-demand-group`, onDemand, parent) };
}

function createGroup(
  name: string,
  args: FleetGroupsArgs & { minSize: number; isSpot: boolean; ignored: string[] },
  parent: pulumi.Resource,
): aws.autoscaling.Group {
  const { processor } = args;
  const hooks = lifecycleHooks(processor.drainSeconds);
  const group = new aws.autoscaling.Group(
    name,
    {
      minSize: args.minSize,
      maxSize: processor.maxInstances,
      vpcZoneIdentifiers: args.network.subnetsFor(processor),
      ...launchFrom(args.template, processor, args.isSpot),
      healthCheckType: "EC2",
      // An instance in service has had a ready worker, so it needs no grace period.
      healthCheckGracePeriod: 0,
      initialLifecycleHooks: hooks,
      protectFromScaleIn: true,
      suspendedProcesses: ["AZRebalance"],
      capacityRebalance: false,
      waitForCapacityTimeout: "0",
      enabledMetrics: args.dashboard ? [groupMetric] : undefined,
      tags: groupTags(name, args),
    },
    {
      parent,
      dependsOn: args.dependsOn,
      // The provider takes a change of the initial hooks for one of the group, and then makes none.
      ignoreChanges: ["desiredCapacity", "initialLifecycleHooks", ...args.ignored],
      customTimeouts: { delete: `${deleteMinutes + Math.ceil(processor.drainSeconds / 60)}m` },
    },
  );
  manageHooks(group, name, hooks, parent);
  return group;
}

function groupTags(name: string, { tags, target, scaler, processor }: WorkerFleetArgs) {
  const tagOf = ([key, value]: [string, string]) => ({ key, value, propagateAtLaunch: false });
  return scaler.fleetTable.name.apply((table) => {
    const fleet = { [fleetTag]: fleetTagValue(table, processor.name) };
    return target.defaultTags.apply((standard) =>
      Object.entries({ ...standard, ...tags, Name: name, ...fleet }).map(tagOf),
    );
  });
}

/** One on-demand type needs no mixed instances policy; several are tried in their order. */
function launchFrom(
  template: aws.ec2.LaunchTemplate,
  { instanceTypes, onDemandBaseCapacity }: ProcessorSettings,
  isSpot: boolean,
): Pick<aws.autoscaling.GroupArgs, "launchTemplate" | "mixedInstancesPolicy"> {
  const version = template.latestVersion.apply(String);
  if (!isSpot && instanceTypes.length === 1) return { launchTemplate: { id: template.id, version } };
  return {
    mixedInstancesPolicy: {
      instancesDistribution: {
        onDemandAllocationStrategy: "prioritized",
        onDemandBaseCapacity: isSpot ? onDemandBaseCapacity : 0,
        onDemandPercentageAboveBaseCapacity: isSpot ? 0 : 100,
        spotAllocationStrategy: "price-capacity-optimized",
      },
      launchTemplate: {
        launchTemplateSpecification: { launchTemplateId: template.id, version },
        overrides: instanceTypes.map((instanceType) => ({ instanceType })),
      },
    },
  };
}
