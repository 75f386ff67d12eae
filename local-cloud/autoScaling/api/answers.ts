import type { XmlValue } from "../../wire/xml";
import type { Activity } from "../activities";
import type { Group } from "../group";
import type { Instance } from "../instance";

type Members = Record<string, XmlValue>;

/** A group, as DescribeAutoScalingGroups shows it. */
export function describeGroup(group: Group): Members {
  const { name, arn, settings, desiredCapacity, createdAt, instances } = group;
  return {
    AutoScalingGroupName: name,
    AutoScalingGroupARN: arn,
    ...(settings.mixed
      ? { MixedInstancesPolicy: mixedPolicy(group) }
      : { LaunchTemplate: templateSpecification(group) }),
    MinSize: settings.minSize,
    MaxSize: settings.maxSize,
    DesiredCapacity: desiredCapacity,
    DefaultCooldown: 300,
    AvailabilityZones: settings.zones,
    LoadBalancerNames: [],
    TargetGroupARNs: [],
    HealthCheckType: settings.healthCheckType,
    HealthCheckGracePeriod: settings.healthCheckGraceSeconds,
    Instances: instances.map((instance) => ({
      ...describeInstance(instance),
      HealthStatus: instance.isHealthy ? "Healthy" : "Unhealthy",
    })),
    CreatedTime: createdAt,
    SuspendedProcesses: settings.suspendedProcesses.map((process) => ({
      ProcessName: process,
      SuspensionReason: `User suspended at ${createdAt.toISOString().replace(/\.\d+/, "")}`,
    })),
    VPCZoneIdentifier: settings.subnetIds.length > 0 ? settings.subnetIds.join(",") : undefined,
    EnabledMetrics: [],
    Tags: settings.tags.map(({ key, value, propagateAtLaunch }) => ({
      ResourceId: name,
      ResourceType: "auto-scaling-group",
      Key: key,
      Value: value,
      PropagateAtLaunch: propagateAtLaunch,
    })),
    TerminationPolicies: ["Default"],
    NewInstancesProtectedFromScaleIn: settings.protectsInstances,
    CapacityRebalance: settings.isRebalancedByCapacity,
    TrafficSources: [],
  };
}

/** An instance, as DescribeAutoScalingInstances shows it: there its health is in capitals. */
export function describeAutoScalingInstance(group: Group, instance: Instance): Members {
  return {
    ...describeInstance(instance),
    AutoScalingGroupName: group.name,
    HealthStatus: instance.isHealthy ? "HEALTHY" : "UNHEALTHY",
  };
}

export function describeActivity(group: Group, activity: Activity): Members {
  return {
    ActivityId: activity.id,
    AutoScalingGroupName: group.name,
    Description: activity.description,
    Cause: activity.cause,
    StartTime: activity.startedAt,
    EndTime: activity.endedAt,
    StatusCode: activity.status,
    StatusMessage: activity.statusMessage,
    Progress: activity.progress,
    Details: activity.details,
    AutoScalingGroupARN: group.arn,
  };
}

function describeInstance({ id, placement, lifecycleState, template, isProtected }: Instance): Members {
  return {
    InstanceId: id,
    InstanceType: placement.instanceType,
    AvailabilityZone: placement.zone,
    LifecycleState: lifecycleState,
    LaunchTemplate: {
      LaunchTemplateId: template.id,
      LaunchTemplateName: template.name,
      Version: String(template.version),
    },
    ProtectedFromScaleIn: isProtected,
  };
}

function mixedPolicy(group: Group): Members {
  const mixed = group.settings.mixed!;
  return {
    LaunchTemplate: {
      LaunchTemplateSpecification: templateSpecification(group),
      Overrides: mixed.instanceTypes.map((instanceType) => ({ InstanceType: instanceType })),
    },
    InstancesDistribution: {
      OnDemandAllocationStrategy: mixed.onDemandAllocationStrategy,
      OnDemandBaseCapacity: mixed.onDemandBaseCapacity,
      OnDemandPercentageAboveBaseCapacity: mixed.onDemandPercentageAboveBaseCapacity,
      SpotAllocationStrategy: mixed.spotAllocationStrategy,
    },
  };
}

/** Both id and name, whichever the group was given; the version as it was given. */
function templateSpecification({ settings, template }: Group): Members {
  const { version } = settings.template;
  return { LaunchTemplateId: template.id, LaunchTemplateName: template.name, Version: version };
}
