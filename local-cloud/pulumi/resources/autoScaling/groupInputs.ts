import type { GroupSettings, MixedInstancesPolicy } from "../../../autoScaling/groupSettings";
import type { LaunchTemplateSpecification } from "../../../autoScaling/launchTemplates";
import type { LifecycleHook } from "../../../autoScaling/lifecycleAction";
import { optionalNumber, optionalText, type Properties } from "../../../properties";

interface MixedInput {
  launchTemplate?: {
    launchTemplateSpecification?: { launchTemplateId?: string; launchTemplateName?: string; version?: string };
    overrides?: { instanceType?: string }[];
  };
  instancesDistribution?: {
    onDemandAllocationStrategy?: string;
    onDemandBaseCapacity?: number;
    onDemandPercentageAboveBaseCapacity?: number;
    spotAllocationStrategy?: string;
  };
}

/** A group's settings from the inputs of `aws.autoscaling.Group`, with the provider's defaults. */
export function groupSettings(inputs: Properties, region: string): GroupSettings {
  const subnetIds = (inputs.vpcZoneIdentifiers ?? []) as string[];
  const given = (inputs.availabilityZones ?? []) as string[];
  const count = Math.max(1, subnetIds.length);
  const zones = given.length > 0 ? given : [..."abcdef"].slice(0, count).map((letter) => region + letter);
  return {
    minSize: optionalNumber(inputs, "minSize") ?? 0,
    maxSize: optionalNumber(inputs, "maxSize") ?? 0,
    template: templateOf(inputs),
    mixed: mixedOf(inputs),
    hooks: ((inputs.initialLifecycleHooks ?? []) as Properties[]).map(hookOf),
    tags: ((inputs.tags ?? []) as { key: string; value: string; propagateAtLaunch?: boolean }[]).map((tag) => ({
      ...tag,
      propagateAtLaunch: tag.propagateAtLaunch ?? false,
    })),
    subnetIds,
    zones,
    protectsInstances: inputs.protectFromScaleIn === true,
    suspendedProcesses: (inputs.suspendedProcesses ?? []) as string[],
    healthCheckType: optionalText(inputs, "healthCheckType") ?? "EC2",
    healthCheckGraceSeconds: optionalNumber(inputs, "healthCheckGracePeriod") ?? 300,
    isRebalancedByCapacity: inputs.capacityRebalance === true,
  };
}

/** A hook, of a group or of a resource of its own. */
export function hookOf(inputs: Properties): LifecycleHook {
  return {
    name: String(inputs.name),
    transition: String(inputs.lifecycleTransition).endsWith("TERMINATING") ? "terminating" : "launching",
    heartbeatSeconds: optionalNumber(inputs, "heartbeatTimeout") ?? 3_600,
    isAbandonedByDefault: inputs.defaultResult !== "CONTINUE",
  };
}

function templateOf(inputs: Properties): LaunchTemplateSpecification {
  const plain = inputs.launchTemplate as LaunchTemplateSpecification | undefined;
  if (plain) return { id: plain.id, name: plain.name, version: plain.version };
  const mixed = inputs.mixedInstancesPolicy as MixedInput | undefined;
  const specification = mixed?.launchTemplate?.launchTemplateSpecification;
  if (!specification) throw new Error("Expected `launchTemplate` or `mixedInstancesPolicy`, got neither");
  const { launchTemplateId, launchTemplateName, version } = specification;
  return { id: launchTemplateId, name: launchTemplateName, version };
}

function mixedOf(inputs: Properties): MixedInstancesPolicy | undefined {
  const mixed = inputs.mixedInstancesPolicy as MixedInput | undefined;
  if (!mixed) return undefined;
  const { instancesDistribution: distribution = {}, launchTemplate = {} } = mixed;
  return {
    instanceTypes: (launchTemplate.overrides ?? []).flatMap(({ instanceType }) => instanceType ?? []),
    onDemandBaseCapacity: Number(distribution.onDemandBaseCapacity ?? 0),
    onDemandPercentageAboveBaseCapacity: Number(distribution.onDemandPercentageAboveBaseCapacity ?? 100),
    onDemandAllocationStrategy: distribution.onDemandAllocationStrategy ?? "prioritized",
    spotAllocationStrategy: distribution.spotAllocationStrategy ?? "lowest-price",
  };
}
