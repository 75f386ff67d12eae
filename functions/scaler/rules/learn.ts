import { silentSeconds } from "../../../contract/fleet/state";
import type { StateChanges } from "./action";
import { type FleetView, groupsOf, inService, type InstanceItem } from "./fleetView";

/** What a job is taken to take while nobody knows; not more than its type's timeout. */
export const assumedSecondsPerJob = 10;

/** So many jobs move the figure by half; fewer by less, so that one odd job doesn't turn it over. */
const jobsForHalf = 20;

/** A change of less isn't worth a write. */
const worthwhileChange = 0.05;

/** What a decision counts with, and what of it the fleet item doesn't say yet. */
export interface Figures {
  secondsPerJob: number;
  slots: number;
  changes: StateChanges;
}

/**
 * How long a job takes and how many run at once: as configured or as the workers report it, smoothed. Both are kept in the
 * fleet item, where workers read them, and where they outlast the last worker.
 */
export function learn(view: FleetView): Figures {
  const { jobType, state } = view;
  const { fleet, timeoutSeconds } = jobType;
  const reports = freshReports(view);
  const learned = fleet.secondsPerJob ?? learnSeconds(reports, state.secondsPerJob, timeoutSeconds);
  const slots = learnSlots(reports) ?? state.slots;
  return {
    secondsPerJob: learned ?? Math.min(assumedSecondsPerJob, timeoutSeconds),
    slots: slots ?? fleet.slots,
    changes: { secondsPerJob: learned, slots, targetLatencySeconds: fleet.targetLatencySeconds },
  };
}

function freshReports(view: FleetView): InstanceItem[] {
  return groupsOf(view)
    .flatMap(inService)
    .flatMap(({ id }) => view.items[id] ?? [])
    .filter(({ seenAt }) => seenAt !== undefined && view.now - seenAt < silentSeconds * 1_000);
}

/** What is known of a job's length, by these reports. */
export function learnSeconds(
  reports: Pick<InstanceItem, "recentJobs" | "recentSeconds">[],
  known: number | undefined,
  timeoutSeconds: number,
): number | undefined {
  const jobs = reports.reduce((sum, { recentJobs = 0 }) => sum + recentJobs, 0);
  const seconds = reports.reduce((sum, { recentSeconds = 0 }) => sum + recentSeconds, 0);
  if (jobs === 0) return known;
  const sample = Math.min(seconds / jobs, timeoutSeconds);
  if (known === undefined) return rounded(sample);
  const smoothed = known + (sample - known) * Math.min(0.5, (0.5 * jobs) / jobsForHalf);
  return Math.abs(smoothed - known) < known * worthwhileChange ? known : rounded(smoothed);
}

function rounded(seconds: number): number {
  return Number(Math.max(seconds, 0.001).toPrecision(3));
}

/** The mean, rounded down: a fleet of several instance types has several. */
function learnSlots(reports: InstanceItem[]): number | undefined {
  const slots = reports.flatMap((report) => (report.slots ? [report.slots] : []));
  if (slots.length === 0) return undefined;
  return Math.max(1, Math.floor(slots.reduce((sum, each) => sum + each, 0) / slots.length));
}
