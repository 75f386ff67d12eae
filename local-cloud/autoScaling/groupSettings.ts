import type { LaunchTemplateSpecification } from "./launchTemplates";
import type { LifecycleHook } from "./lifecycleAction";

export interface GroupTag {
  key: string;
  value: string;
  propagateAtLaunch: boolean;
}

/** Purchase options and types of a group's instances. */
export interface MixedInstancesPolicy {
  /** Types that replace the template's own, best first. */
  instanceTypes: string[];
  onDemandBaseCapacity: number;
  onDemandPercentageAboveBaseCapacity: number;
  onDemandAllocationStrategy: string;
  spotAllocationStrategy: string;
}

/** The settings of a group that can change. Running instances keep those of their launch. */
export interface GroupSettings {
  minSize: number;
  maxSize: number;
  template: LaunchTemplateSpecification;
  mixed?: MixedInstancesPolicy;
  hooks: LifecycleHook[];
  tags: GroupTag[];
  subnetIds: string[];
  zones: string[];
  /** True if new instances are protected from scale-in. */
  protectsInstances: boolean;
  suspendedProcesses: string[];
  healthCheckType: string;
  healthCheckGraceSeconds: number;
  isRebalancedByCapacity: boolean;
}

/** Decisions about an instance at its launch. */
export interface Placement {
  isSpot: boolean;
  /** Undefined if the launch template decides. */
  instanceType?: string;
  zone: string;
  subnetId?: string;
}

/**
 * Placement of the next instance: the on-demand base first, then spot and on demand by their share ("Auto Scaling
 * groups with multiple instance types and purchase options"); in the zone with the fewest.
 */
export function placeNext(
  { mixed, subnetIds, zones }: GroupSettings,
  desiredCapacity: number,
  staying: readonly Placement[],
): Placement {
  const zone = [...zones].sort((a, b) => countIn(staying, a) - countIn(staying, b))[0]!;
  const subnetId = subnetIds[zones.indexOf(zone)] ?? subnetIds[0];
  if (!mixed) return { isSpot: false, zone, subnetId };
  const base = Math.min(mixed.onDemandBaseCapacity, desiredCapacity);
  const share = mixed.onDemandPercentageAboveBaseCapacity / 100;
  const onDemand = base + Math.ceil((desiredCapacity - base) * share);
  const isSpot = staying.filter((placement) => !placement.isSpot).length >= onDemand;
  return { isSpot, instanceType: mixed.instanceTypes[0], zone, subnetId };
}

function countIn(placements: readonly Placement[], zone: string): number {
  return placements.filter((placement) => placement.zone === zone).length;
}
