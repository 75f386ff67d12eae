import { isInService, isLive } from "../../../contract/fleet/lifecycleState";
import type { QueueCounts } from "../../../contract/fleet/queueCounts";
import type { FleetState, InstanceReport, StartFailure } from "../../../contract/fleet/state";
import type { JobType } from "../../../contract/jobType";
import { sumOf } from "../../../contract/sumOf";

/** An instance as its Auto Scaling group shows it. */
export interface Instance {
  id: string;
  /** `Pending:Wait`, `InService`, `Terminating:Proceed` and so on ("Amazon EC2 Auto Scaling instance lifecycle"). */
  lifecycleState: string;
  isHealthy: boolean;
  /** Version of the launch template that it was launched from. */
  templateVersion?: string;
}

/** An Auto Scaling group. */
export interface Group {
  name: string;
  minInstances: number;
  maxInstances: number;
  desired: number;
  /** The version that it launches; undefined if that isn't a number, such as `$Latest`. */
  templateVersion?: string;
  instances: Instance[];
}

/** A launch that a group tried. */
export interface Launch {
  groupName: string;
  /** Epoch milliseconds. */
  startedAt: number;
  outcome: "succeeded" | "failed" | "underWay";
  /** Reason of the failure, in Auto Scaling's words. */
  reason: string;
}

/** An instance's item: its worker's report, if there has been one, and the scaler's notes. */
export type InstanceItem = Partial<InstanceReport & StartFailure>;

/** The input of a decision on a type. */
export interface FleetView {
  jobType: JobType;
  /** Epoch milliseconds. */
  now: number;
  counts: QueueCounts;
  /** Jobs that were just sent, by a nudge. */
  sent: number;
  group: Group;
  /** The on-demand group that takes over when the first, of spot instances, is short. */
  onDemandGroup?: Group;
  state: FleetState;
  /** By instance id. */
  items: Record<string, InstanceItem>;
  /** Recent launches of its groups, newest first; undefined if they weren't read. */
  launches?: Launch[];
  /** The last launch of a group, spot included, if AWS refused it for a reason with a known remedy. */
  refusal?: Launch;
}

/** The type's groups. */
export function groupsOf({ group, onDemandGroup }: Pick<FleetView, "group" | "onDemandGroup">): Group[] {
  return onDemandGroup ? [group, onDemandGroup] : [group];
}

/** The group's instances in service. */
export function inService(group: Group): Instance[] {
  return group.instances.filter(isInService);
}

/** The type's instances in service. */
export function serving(view: Pick<FleetView, "group" | "onDemandGroup">): Instance[] {
  return groupsOf(view).flatMap(inService);
}

/** Instances in service that retire: they take no further job. */
export function retiring(view: FleetView): Instance[] {
  return serving(view).filter(({ id }) => view.items[id]?.retiresSince !== undefined);
}

/** Instances in service that take jobs. */
export function taking(view: FleetView): Instance[] {
  return serving(view).filter(({ id }) => view.items[id]?.retiresSince === undefined);
}

/** The group's live instances: those in service, and those starting. */
export function liveCount(group: Group): number {
  return group.instances.filter(isLive).length;
}

/** True if the type has no instance, and none is wanted. */
export function isAtZero(view: Pick<FleetView, "group" | "onDemandGroup">): boolean {
  return total(view, (group) => group.desired + group.instances.length) === 0;
}

/** True if the type has neither messages nor instances, and none is wanted. */
export function isIdle(view: Pick<FleetView, "group" | "onDemandGroup" | "counts">): boolean {
  const { visible, inFlight } = view.counts;
  return isAtZero(view) && visible + inFlight + view.group.minInstances === 0;
}

/** The sum over a type's groups. */
export function total(view: Pick<FleetView, "group" | "onDemandGroup">, of: (group: Group) => number): number {
  return sumOf(groupsOf(view), of);
}
