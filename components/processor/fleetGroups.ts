import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { fleetTag, fleetTagValue } from "../../contract/fleet/state";
import { lifecycleHooks, keepHooks } from "./lifecycleHooks";
import { scheduleCapacity } from "./capacitySchedule";
import { ProcessorSettings } from "../args/ProcessorArgs";
import { trackedMetrics } from "./targetTracking";
import { WorkerFleetArgs } from "./WorkerFleet";

/** What the deletion of a group may take beside the drain of its instances. */
const deleteMinutes = 20;

export interface FleetGroups {
  group: aws.autoscaling.Group;
  /** Stands in where the first group, of spot instances, stays short; there only with a scaler to raise it. */
  onDemandGroup?: aws.autoscaling.Group;
}

type FleetGroupsArgs = WorkerFleetArgs & {
  template: aws.ec2.LaunchTemplate;
  dependsOn: pulumi.Input<pulumi.Resource>[];
};

/** The groups of a fleet, pinned to the template's newest version: the scaler has instances of older ones replaced. */
export function createGroups(name: string, args: FleetGroupsArgs, parent: pulumi.Resource): FleetGroups {
  const { spot, minInstances, capacitySchedule = [] } = args.processor;
  const groupName = `${name}-group`;
  // The schedule's minimum, read back by a refresh, must not be taken for one to put right.
  const ignored = capacitySchedule.length > 0 ? ["minSize"] : [];
  const group = createGroup(groupName, { ...args, minSize: minInstances, isSpot: spot, ignored }, parent);
  scheduleCapacity(group, groupName, capacitySchedule, parent);
  if (!spot || !args.scaler) return { group };
  const onDemand = { ...args, minSize: 0, isSpot: false, ignored: [] };
  return { group, onDemandGroup: createGroup(`${name}-on-demand-group`, onDemand, parent) };
}

function createGroup(
  name: string,
  args: FleetGroupsArgs & { minSize: number; isSpot: boolean; ignored: string[] },
  parent: pulumi.Resource,
): aws.autoscaling.Group {
  const { processor, scaler } = args;
  const hooks = lifecycleHooks(processor.drainSeconds);
  const group = new aws.autoscaling.Group(
    name,
    {
      minSize: args.minSize,
      maxSize: processor.maxInstances,
      vpcZoneIdentifiers: args.network.subnetsFor(processor),
      ...launchFrom(args.template, processor, args.isSpot),
      healthCheckType: "EC2",
      // An instance in service has had a worker that was ready: there is nothing to be lenient with.
      healthCheckGracePeriod: 0,
      initialLifecycleHooks: hooks,
      protectFromScaleIn: true,
      suspendedProcesses: ["AZRebalance"],
      capacityRebalance: false,
      waitForCapacityTimeout: "0",
      ...(!scaler && { enabledMetrics: trackedMetrics }),
      tags: groupTags(name, args),
    },
    {
      parent,
      dependsOn: args.dependsOn,
      // The provider takes a change of the first hooks for one to the group, and does nothing about it.
      ignoreChanges: ["desiredCapacity", "initialLifecycleHooks", ...args.ignored],
      customTimeouts: { delete: `${deleteMinutes + Math.ceil(processor.drainSeconds / 60)}m` },
    },
  );
  keepHooks(group, name, hooks, parent);
  return group;
}

function groupTags(name: string, { tags, target, scaler, processor }: WorkerFleetArgs) {
  const tagOf = ([key, value]: [string, string]) => ({ key, value, propagateAtLaunch: false });
  return pulumi.all([target.defaultTags, scaler?.fleetTable.name]).apply(([standard, table]) => {
    const fleet = scaler ? { [fleetTag]: fleetTagValue(table!, processor.name) } : {};
    return Object.entries({ ...standard, ...tags, Name: name, ...fleet }).map(tagOf);
  });
}

/** One type on demand needs no policy of mixed instances; several are tried in their order. */
function launchFrom(
  template: aws.ec2.LaunchTemplate,
  { instanceTypes, onDemandBaseCapacity }: ProcessorSettings,
  isSpot: boolean,
): Pick<aws.autoscaling.GroupArgs, "launchTemplate" | "mixedInstancesPolicy"> {
  const version = pulumi.interpolate`${template.latestVersion}`;
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
