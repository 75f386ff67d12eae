import { assumedFigures, neededInstances } from "../../../contract/fleet/capacity";
import { isInService, isLive } from "../../../contract/fleet/lifecycleState";
import { type QueueCounts } from "../../../contract/fleet/queueCounts";
import { type FleetFigures } from "./fleetTable";

/** Choices of an idle worker. */
export interface IdleChoice {
  /** Desired capacity exceeds what the type needs: the instance may terminate and decrement it. */
  canLower: boolean;
  /**
   * The instance's group has more instances than desired, which are enough: this one may terminate without the
   * decrement.
   */
  isSurplus: boolean;
}

/** An Auto Scaling group of the type. */
export interface GroupView {
  minInstances: number;
  maxInstances: number;
  desired: number;
  instances: { id: string; lifecycleState: string }[];
}

export interface IdleView {
  instanceId: string | undefined;
  counts: QueueCounts;
  /** All groups of the type. */
  groups: GroupView[];
  figures: FleetFigures;
  slots: number;
  prefetch: number;
  timeoutSeconds: number;
}

/** Longest time between two checks of an idle worker; Auto Scaling's calls are rationed. */
const maxPauseSeconds = 60;

/**
 * Share of the idle time, and longest time, by which an idle worker checks early. A receive waits for 20 s at most, the
 * default idle time: a check within it saves a lone job's instance another receive.
 */
const earlyShare = 0.1;
const maxEarlySeconds = 2;

/** Time that an idle worker waits before it checks if it is still needed; twice as long after each check. */
export function pauseBeforeAsking(idleSeconds: number, timesAsked: number): number {
  if (timesAsked === 0) return idleSeconds - Math.min(idleSeconds * earlyShare, maxEarlySeconds);
  return Math.min(idleSeconds * 2 ** (timesAsked - 1), maxPauseSeconds);
}

/** True if the type has this instance alone, and wants no other. */
export function isAlone({ instanceId, groups }: Pick<IdleView, "instanceId" | "groups">): boolean {
  const instances = groups.flatMap((group) => group.instances).filter(isLive);
  return sum(groups, ({ desired }) => desired) === 1 && instances.length === 1 && instances[0]!.id === instanceId;
}

/**
 * The capacity function's verdict on an idle instance. The groups of a type count as one: the group with an idle
 * instance loses one, so the on-demand group empties once spot carries the load.
 */
export function chooseWhenIdle(view: IdleView): IdleChoice {
  const { instanceId, counts, groups, figures, slots, prefetch, timeoutSeconds } = view;
  if (groups.length === 0) return { canLower: counts.visible === 0, isSurplus: false };
  // Each group may grow to the bound of all of them together.
  const maxInstances = Math.max(...groups.map((group) => group.maxInstances));
  const needed = neededInstances({
    ...counts,
    instances: sum(groups, ({ instances }) => instances.filter(isInService).length),
    slots,
    prefetch,
    secondsPerJob: figures.secondsPerJob ?? Math.min(assumedFigures.secondsPerJob, timeoutSeconds),
    targetLatencySeconds: figures.targetLatencySeconds ?? assumedFigures.targetLatencySeconds,
    minInstances: sum(groups, ({ minInstances }) => minInstances),
    maxInstances,
  });
  const desired = sum(groups, (group) => group.desired);
  const own = groups.find(({ instances }) => instances.some(({ id }) => id === instanceId));
  const isSurplus = own !== undefined && own.instances.filter(isLive).length > own.desired && needed <= desired;
  return { canLower: needed < desired, isSurplus };
}

function sum(groups: GroupView[], of: (group: GroupView) => number): number {
  return groups.reduce((total, group) => total + of(group), 0);
}
