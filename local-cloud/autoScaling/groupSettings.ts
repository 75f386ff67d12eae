import type { LaunchTemplateSpecification } from "./launchTemplates";
import type { LifecycleHook } from "./lifecycleAction";

export interface GroupTag {
  key: string;
  value: string;
  propagateAtLaunch: boolean;
}

/** Which purchase options and types a group's instances have. */
export interface MixedInstancesPolicy {
  /** In place of the template's own, best first. */
  instanceTypes: string[];
  onDemandBaseCapacity: number;
  onDemandPercentageAboveBaseCapacity: number;
  onDemandAllocationStrategy: string;
  spotAllocationStrategy: string;
}

/** What can be changed about a group. Instances that run keep what they were launched with. */
export interface GroupSettings {
  minSize: number;
  maxSize: number;
  template: LaunchTemplateSpecification;
  mixed?: MixedInstancesPolicy;
  hooks: LifecycleHook[];
  tags: GroupTag[];
  subnetIds: string[];
  zones: string[];
  /** Whether new instances are protected from scale-in. */
  protectsInstances: boolean;
  suspendedProcesses: string[];
  healthCheckType: string;
  healthCheckGraceSeconds: number;
  isRebalancedByCapacity: boolean;
}

/** What is decided about an instance when it is launched. */
export interface Placement {
  isSpot: boolean;
  /** Absent where the launch template decides. */
  instanceType?: string;
  zone: string;
  subnetId?: string;
}

/**
 * Where the next instance goes: the on-demand base first, then spot and on demand by their share ("Auto Scaling groups
 * with multiple instance types and purchase options"); in the zone that has the fewest.
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
