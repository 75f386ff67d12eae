import type { QueueCounts } from "../../../contract/fleet/queueCounts";
import type { FleetState, InstanceReport, StartFailure } from "../../../contract/fleet/state";
import type { JobType, JobTypeFleet } from "../../../contract/jobType";

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
  /** The version that it launches; absent where that isn't a number, such as `$Latest`. */
  templateVersion?: string;
  instances: Instance[];
}

/** A launch that a group tried. */
export interface Launch {
  groupName: string;
  /** Epoch milliseconds. */
  startedAt: number;
  outcome: "succeeded" | "failed" | "underWay";
  /** Why it failed, in Auto Scaling's words. */
  reason: string;
}

/** A job type that the scaler scales. */
export type ScaledType = JobType & { fleet: JobTypeFleet };

/** An instance's item: its worker's report, as far as there has been one, and what the scaler notes there. */
export type InstanceItem = Partial<InstanceReport & StartFailure>;

/** All that a decision on a type rests on. */
export interface FleetView {
  jobType: ScaledType;
  /** Epoch milliseconds. */
  now: number;
  counts: QueueCounts;
  /** Jobs that a nudge says were just sent. */
  sent: number;
  group: Group;
  /** The group that stands in where the first, of spot instances, stays short. */
  onDemandGroup?: Group;
  state: FleetState;
  /** By instance id. */
  items: Record<string, InstanceItem>;
  /** What its groups launched lately, the newest first; absent where nobody asked. */
  launches?: Launch[];
  /** The last launch of a group, spot included, where AWS refused it for a reason whose remedy is known. */
  refusal?: Launch;
}

/** The type's groups. */
export function groupsOf({ group, onDemandGroup }: Pick<FleetView, "group" | "onDemandGroup">): Group[] {
  return onDemandGroup ? [group, onDemandGroup] : [group];
}

/** The group's instances that take jobs. */
export function inService(group: Group): Instance[] {
  return group.instances.filter(({ lifecycleState }) => lifecycleState === "InService");
}

/** Instances in service that were told to take no further job. */
export function retiring(view: Pick<FleetView, "group" | "onDemandGroup" | "items">): Instance[] {
  return groupsOf(view)
    .flatMap(inService)
    .filter(({ id }) => view.items[id]?.retiresSince !== undefined);
}

/** How many instances the group has: those in service, and those on their way there. */
export function liveCount(group: Group): number {
  return group.instances.filter(({ lifecycleState }) => /^(InService|Pending)/.test(lifecycleState)).length;
}

/** The sum over a type's groups. */
export function total(view: Pick<FleetView, "group" | "onDemandGroup">, of: (group: Group) => number): number {
  return groupsOf(view).reduce((sum, group) => sum + of(group), 0);
}
