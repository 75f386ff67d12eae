import type { CapacityReason } from "./history";

/**
 * Tag of a type's Auto Scaling groups, to which the scaler's permissions are bound and by which a worker finds the
 * groups of its type. Its value is that of {@link fleetTagValue}.
 */
export const fleetTag = "batch-job-processor-fleet";

/** The fleet table's name makes it unique to the deployment. */
export function fleetTagValue(fleetTable: string, type: string): string {
  return `${fleetTable}/${type}`;
}

/** The sort key of a type's own item in the fleet table; an instance's item has the instance's id. */
export const fleetItem = "fleet";

/**
 * The scaler's state of a type's fleet: one item of the fleet table, keyed by `type` and `item`. Times are epoch
 * milliseconds.
 */
export interface FleetState {
  /** End of the lease of the scaler run that holds the type: runs for a type never overlap. */
  leaseUntil?: number;
  /** End of the last lease, as it was acquired: a change shows that another run has acted since. */
  lastLease?: number;
  /** Jobs sent by nudges that came while a run held the type: that run checks the type once more. */
  nudgedSent?: number;
  /** Time at which the scaler last raised the type from zero: its instances are younger. */
  wokenAt?: number;
  /** Duration of a job: as configured, or learned from the workers' reports. */
  secondsPerJob?: number;
  targetLatencySeconds?: number;
  /** Concurrent jobs of one instance, as the workers report it. */
  slots?: number;
  /** The scaler's last counts, as `encodeCounts` writes them, and their time. */
  counts?: string;
  countsAt?: number;
  /** Reason of the scaler's last change of capacity since the minute's run last kept the counts. */
  changedFor?: CapacityReason;
  /** Time since which counts have seen visible messages, and since which instances desired and none in service. */
  backlogSince?: number;
  startingSince?: number;
  /** Time since which counts have seen visible messages, and no worker has reported a job. */
  stalledSince?: number;
  /** Reason why no worker starts, for people; undefined while workers start. */
  launchProblem?: string;
  /** Launches that failed in a row. */
  failedLaunches?: number;
  /** Group and launch template version of those failures; a new version clears them. */
  failedTemplate?: string;
  /** Earliest time of the next launch. */
  retryAt?: number;
  /** Time of the scaler's own last try, and the number of those that failed. The group's own tries don't count. */
  triedAt?: number;
  failedTries?: number;
  /**
   * Instances replaced for their silence since one of the type last reported, and the earliest time of the next
   * replacement.
   */
  silentMarks?: number;
  silentRetryAt?: number;
  /** Time since which the spot group has fewer instances than desired. */
  spotShortSince?: number;
  /** Earliest time of the next spot launch. */
  spotRetryAt?: number;
}

/** A worker's report on itself, written every {@link reportSeconds}: the instance's item of the fleet table. */
export interface InstanceReport {
  /** Epoch milliseconds. */
  seenAt: number;
  slots: number;
  busySlots: number;
  /** 1 while one job has the whole instance, since it may bring its worker down. */
  alone?: number;
  /** Recently ended jobs, and their total duration: the scaler learns `secondsPerJob` from them. */
  recentJobs: number;
  recentSeconds: number;
  /**
   * Set by the scaler, kept by the worker's reports: take no further job, finish, and terminate without lowering
   * desired capacity.
   */
  retiresSince?: number;
  /** Set by the scaler when it misses the worker's reports, removed by the next report: the two clocks may differ. */
  silentSince?: number;
  /** Expiry of the item: epoch seconds (DynamoDB's time to live). */
  expiresAt: number;
}

/** The failure of a worker that could not start, in the same item. */
export interface StartFailure {
  /** Reason for people, without a payload or a secret. */
  startError: string;
  /** Epoch milliseconds. */
  startErrorAt: number;
}

/** Seconds between two reports of a worker. A retirement reaches it within that time. */
export const reportSeconds = 30;

/** Half-life, in seconds, of a finished job's weight in a report. */
const recentHalfLifeSeconds = 120;

/** Remaining weight of a finished job after the given time. */
export function leftOfRecent(seconds: number): number {
  return 0.5 ** (seconds / recentHalfLifeSeconds);
}

/** Seconds without a report after which an instance in service is marked unhealthy. */
export const silentSeconds = 300;

/**
 * Seconds after a raise from zero in which a worker that starts leaves out its first report, at once, and begins with
 * the one half a minute later: the instance of a lone short job doesn't live to write it, which saves that job a write.
 */
export const wakingSeconds = 120;

/**
 * Request to the scaler to check types now, with the number of jobs just sent to each. Any other event means all types.
 */
export interface Nudge {
  sent: Record<string, number>;
}

/**
 * The scaler's alias by which workers nudge it. It takes only the types from them, not the number of jobs: a worker's
 * word may be its handler's.
 */
export const workerAlias = "workers";

/**
 * A worker whose handler can't be killed ends with this exit code ("temporary failure" of sysexits.h) and is started
 * again; its instance is replaced after this number of such ends within the time.
 */
export const wedged = { exitCode: 75, mostExits: 3, withinSeconds: 600 } as const;

/** Exit code of a worker that terminates its instance: it is not started again. */
export const leavingExitCode = 79;
