import type { JobType } from "../../contract/jobType";
import { errorFields, type Log } from "../../contract/log";
import type { ReadCounts } from "../shared/messages/readCounts";
import type { AutoScaling } from "./autoScaling";
import type { FleetItems } from "./fleetItems";
import { type FleetView, type Group, groupsOf, inService, isAtZero, isIdle, type Launch } from "./rules/fleetView";
import { remedyOf } from "./rules/remedyOf";

export interface FleetEffects {
  readCounts: ReadCounts;
  autoScaling: AutoScaling;
  fleetItems: FleetItems;
  /** Epoch milliseconds. */
  now: () => number;
  log: Log;
}

/** A type to check. */
export interface Target {
  jobType: JobType;
  /** Jobs that were just sent, by a nudge. */
  sent: number;
}

export interface ViewOptions {
  /** Groups by name, as {@link AutoScaling.describe} gives them. */
  groups: Record<string, Group | Error>;
  /** True if the recent launches of groups that are short are read. */
  readsLaunches: boolean;
  /** Times at which idle types were last seen to be counted as idle, by type and number of delayed messages. */
  idle: Map<string, number>;
}

/** Longest time since the run before, by the minute: no fleet is raised and gone again between two of them. */
const idleMilliseconds = 90_000;

/**
 * Reads a type's state. Returns undefined for an idle type (no messages, no instances, none desired) that the minute's
 * run before saw like that, too: its counts say so.
 */
export async function readView(
  { jobType, sent }: Target,
  { groups, readsLaunches, idle }: ViewOptions,
  effects: FleetEffects,
): Promise<FleetView | undefined> {
  const { readCounts, fleetItems, now } = effects;
  const { groupName, onDemandGroupName } = jobType.fleet;
  const own = {
    group: groupNamed(groupName, groups),
    onDemandGroup: onDemandGroupName === undefined ? undefined : groupNamed(onDemandGroupName, groups),
  };
  // At zero, what waited before the nudge has waited for less than a minute: the next check counts it.
  const isWoken = isAtZero(own) && sent > 0;
  const counts = isWoken ? { visible: sent, inFlight: 0 } : await readCounts(jobType.queueUrl);
  const known = `${jobType.type} ${counts.delayed}`;
  if (isIdle({ ...own, counts })) {
    const isKnown = readsLaunches && now() - (idle.get(known) ?? 0) < idleMilliseconds;
    idle.set(known, now());
    if (isKnown) return undefined;
  } else idle.delete(known);
  const { state, items } = await fleetItems.read(jobType.type);
  const view = { jobType, now: now(), counts, sent, ...own, state, items };
  return readsLaunches ? { ...view, ...(await launchesOf(view, effects)) } : view;
}

function groupNamed(name: string, groups: ViewOptions["groups"]): Group {
  const group = groups[name];
  if (group === undefined) throw new Error(`Expected the Auto Scaling group ${name}, found none`);
  if (group instanceof Error) throw group;
  return group;
}

/** Launches of the groups that are short, and of all groups while launches fail: only then do they matter. */
async function launchesOf(
  view: FleetView,
  { autoScaling, log }: FleetEffects,
): Promise<Pick<FleetView, "launches" | "refusal">> {
  const isFailing = view.state.failedLaunches !== undefined;
  const asked = groupsOf(view).filter(
    (group) => inService(group).length < group.desired || (isFailing && group.instances.length > 0),
  );
  try {
    const refusals: Launch[] = [];
    const launches = await Promise.all(
      asked.map(async (group) => {
        const own = await autoScaling.launches(group.name);
        const last = own.find(({ outcome }) => outcome !== "underWay");
        if (last && isRefusal(last)) refusals.push(last);
        // Missing spot capacity is no launch failure: the on-demand group takes over.
        if (view.onDemandGroup && group === view.group)
          return own.filter(({ outcome, reason }) => outcome !== "failed" || !/spot|capacity/i.test(reason));
        return own;
      }),
    );
    const newestFirst = (one: Launch, other: Launch) => other.startedAt - one.startedAt;
    return { launches: launches.flat().sort(newestFirst), refusal: refusals.sort(newestFirst)[0] };
  } catch (error) {
    // The backlog counts all the same.
    log("warn", "launches-not-read", { jobType: view.jobType.type, ...errorFields(error) });
    return { launches: [] };
  }
}

/** Missing spot capacity is AWS's own, and an on-demand group takes over; a quota or a role is the account's. */
function isRefusal({ outcome, reason }: Launch): boolean {
  return outcome === "failed" && remedyOf(reason) !== undefined && !/spot capacity/i.test(reason);
}
