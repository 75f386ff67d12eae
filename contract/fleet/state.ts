/**
 * Tag of a type's Auto Scaling groups, by which the scaler's permissions are bound and a worker finds the groups of its
 * type. Its value is that of {@link fleetTagValue}.
 */
export const fleetTag = "batch-job-processor-fleet";

/** The fleet table's name makes it unique to the deployment. */
export function fleetTagValue(fleetTable: string, type: string): string {
  return `${fleetTable}/${type}`;
}

/** The sort key of a type's own item in the fleet table; an instance's item has the instance's id. */
export const fleetItem = "fleet";

/**
 * What the scaler keeps of a type's fleet: one item of the fleet table, keyed by `type` and `item`. Times are epoch
 * milliseconds.
 */
export interface FleetState {
  /** A scaler run holds the type until then: runs for a type never overlap. */
  leaseUntil?: number;
  /** When a nudge came while a run held the type, and how many jobs it said were sent: that run looks once more. */
  nudgedAt?: number;
  nudgedSent?: number;
  /** How long a job takes: as configured, or learned from the workers' reports. */
  secondsPerJob?: number;
  targetLatencySeconds?: number;
  /** Jobs at once of one instance, as the workers report it. */
  slots?: number;
  /** Why no worker starts, for a person; absent while they do. */
  launchProblem?: string;
  /** When the scaler last saw it so. */
  problemAt?: number;
  /** Instances in service, while there is a launch problem: then jobs may be worked on all the same. */
  inService?: number;
  /** Launches that failed in a row. */
  failedLaunches?: number;
  /** Group and launch template version that they were of: another one is another matter. */
  failedTemplate?: string;
  /** No launch is asked for before. */
  retryAt?: number;
  /** When the scaler asked for one since then, and how often that has failed. The group's own tries don't count. */
  triedAt?: number;
  failedTries?: number;
  /** Instances that were replaced for their silence since one of the type last reported, and when the next may be. */
  silentMarks?: number;
  silentRetryAt?: number;
  /** Since when the spot group has had fewer instances than it wants. */
  spotShortSince?: number;
  /** No spot instance is asked for before. */
  spotRetryAt?: number;
}

/** What an instance's worker says of itself, every {@link reportSeconds}: the instance's item of the fleet table. */
export interface InstanceReport {
  /** Epoch milliseconds. */
  seenAt: number;
  slots: number;
  busySlots: number;
  /** 1 while one job has the whole instance, as it may bring its worker down. */
  alone?: number;
  /** Jobs ended lately, and how long they took in all: the scaler learns `secondsPerJob` from them. */
  recentJobs: number;
  recentSeconds: number;
  /** Set by the scaler, kept by the worker's reports: take no further job, finish, and end without lowering desired. */
  retiresSince?: number;
  /** Set by the scaler when it misses the worker's reports, removed by the next of them: their clocks may differ. */
  silentSince?: number;
  /** When the item may go: epoch seconds (DynamoDB's time to live). */
  expiresAt: number;
}

/** What an instance whose worker could not start says of it, in the same item. */
export interface StartFailure {
  /** For a person, without a payload or a secret. */
  startError: string;
  /** Epoch milliseconds. */
  startErrorAt: number;
}

/** How often a worker reports. A retirement reaches it within that time. */
export const reportSeconds = 30;

/** Of the recent jobs of a report, one that ended so long ago counts half. */
export const recentHalfLifeSeconds = 120;

/** What is left of a recent job after so long. */
export function leftOfRecent(seconds: number): number {
  return 0.5 ** (seconds / recentHalfLifeSeconds);
}

/** An instance in service whose worker has said nothing for so long is marked unhealthy. */
export const silentSeconds = 300;

/** What asks the scaler to look at types now: how many jobs were just sent to each. Any other event means all types. */
export interface Nudge {
  sent: Record<string, number>;
}

/** What asks the scaler to try launches of these types now, whatever it waits for. */
export interface LaunchRetry {
  retryLaunches: string[];
}

/**
 * The scaler's alias by which workers nudge it. It takes from them which types to look at, not how many jobs there are: what
 * a worker says, its handler may have said.
 */
export const workerAlias = "workers";

/**
 * A worker whose handler can't be killed ends with this exit code ("temporary failure" of sysexits.h) and is started again;
 * its instance is replaced after so many such ends within the time.
 */
export const wedged = { exitCode: 75, mostExits: 3, withinSeconds: 600 } as const;

/** The exit code of a worker that ends with its instance: it is not started again. */
export const leavingExitCode = 79;
