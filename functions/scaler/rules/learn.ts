import { assumedFigures } from "../../../contract/fleet/capacity";
import { silentSeconds } from "../../../contract/fleet/state";
import { sumOf } from "../../../contract/sumOf";
import type { StateChanges } from "./action";
import { type FleetView, type InstanceItem, serving } from "./fleetView";

/** Number of jobs that moves the estimate halfway; fewer jobs move it less, so that an outlier can't upset it. */
const jobsForHalf = 20;

/** A smaller change isn't worth a write. */
const worthwhileChange = 0.05;

/** The figures of a decision, and those that the fleet item lacks yet. */
export interface Figures {
  secondsPerJob: number;
  slots: number;
  changes: StateChanges;
}

/**
 * Job duration and concurrent jobs: as configured or as the workers report it, smoothed. Both are kept in the
 * fleet item, where workers read them, and where they outlast the last worker.
 */
export function learn(view: FleetView): Figures {
  const { jobType, state } = view;
  const { fleet, timeoutSeconds } = jobType;
  const reports = freshReports(view);
  const learned = fleet.secondsPerJob ?? learnSeconds(reports, state.secondsPerJob, timeoutSeconds);
  const slots = learnSlots(reports) ?? state.slots;
  return {
    secondsPerJob: learned ?? Math.min(assumedFigures.secondsPerJob, timeoutSeconds),
    slots: slots ?? fleet.slots,
    changes: { secondsPerJob: learned, slots, targetLatencySeconds: fleet.targetLatencySeconds },
  };
}

function freshReports(view: FleetView): InstanceItem[] {
  return serving(view)
    .flatMap(({ id }) => view.items[id] ?? [])
    .filter(({ seenAt }) => seenAt !== undefined && view.now - seenAt < silentSeconds * 1_000);
}

/** Job duration according to these reports. */
export function learnSeconds(
  reports: Pick<InstanceItem, "recentJobs" | "recentSeconds">[],
  known: number | undefined,
  timeoutSeconds: number,
): number | undefined {
  const jobs = sumOf(reports, ({ recentJobs = 0 }) => recentJobs);
  const seconds = sumOf(reports, ({ recentSeconds = 0 }) => recentSeconds);
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
  const given = reports.filter(({ slots }) => slots);
  if (given.length === 0) return undefined;
  return Math.max(1, Math.floor(sumOf(given, ({ slots = 0 }) => slots) / given.length));
}
