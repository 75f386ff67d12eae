import type { JobType } from "../../../contract/jobType";
import type { FleetView, Group, Instance, InstanceItem, Launch } from "../../../functions/scaler/rules/fleetView";
import { wordCount } from "./fakeFrontend";

export const now = Date.parse("2026-11-02T10:00:00Z");

/** A type of jobs of 10 s, whose instances run two at once. */
export const scaledType: JobType = {
  ...wordCount,
  fleet: {
    groupName: "group",
    slots: 2,
    prefetch: 0,
    targetLatencySeconds: 60,
    secondsPerJob: 10,
  },
};

export function group(fields: Partial<Group> = {}): Group {
  return { name: "group", minInstances: 0, maxInstances: 10, desired: 0, instances: [], ...fields };
}

/** Instances `i1` to `i<count>`. */
export function instances(count: number, fields: Partial<Instance> = {}, prefix = "i"): Instance[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `${prefix}${index + 1}`,
    lifecycleState: "InService",
    isHealthy: true,
    ...fields,
  }));
}

/** A view of a fleet that wants nothing, but for these fields. */
export function view(fields: Partial<FleetView> = {}): FleetView {
  return {
    jobType: scaledType,
    now,
    counts: { visible: 0, inFlight: 0 },
    sent: 0,
    group: group(),
    state: { secondsPerJob: 10, targetLatencySeconds: 60 },
    items: {},
    ...fields,
  };
}

/** Reports of so many seconds ago, one for each instance. */
export function reports(of: Instance[], secondsAgo = 10, fields: InstanceItem = {}): Record<string, InstanceItem> {
  return Object.fromEntries(of.map(({ id }) => [id, { seenAt: now - secondsAgo * 1_000, ...fields }]));
}

/** Launches, the newest first, ten seconds apart: `f` failed, `s` succeeded, `u` is under way. */
export function launches(outcomes: string, reason = "InvalidAMI", newestSecondsAgo = 5): Launch[] {
  const names = { f: "failed", s: "succeeded", u: "underWay" } as const;
  return [...outcomes].map((outcome, index) => ({
    groupName: "group",
    startedAt: now - (newestSecondsAgo + 10 * index) * 1_000,
    outcome: names[outcome as keyof typeof names],
    reason,
  }));
}
