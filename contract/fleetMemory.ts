export const deploymentOnlyModule = true;

/**
 * What a fleet remembers of what it needed, so that it isn't let go between one burst and the next. It forgets all once
 * nothing was needed for {@link maxKeepSeconds}. Times are seconds.
 */
export interface FleetMemory {
  /** How long instances are kept that aren't needed any more. */
  keepSeconds: number;
  /** When so many instances were last needed: ever fewer, and ever later. */
  peaks: { at: number; instances: number }[];
  /** Of the last jobs, those that waited for a launch within an hour of the last need; and all of them. */
  lateJobs: number;
  jobs: number;
  /** When it was last brought up to date. */
  at: number;
}

/** What a run of the scaler sees. */
export interface FleetNeed {
  /** Now, in seconds. */
  at: number;
  /** What `neededInstances` says. */
  needed: number;
  /** Of the group, before it is raised. */
  desired: number;
  slots: number;
  /** Jobs ended since the run before. */
  jobs: number;
}

/** The least, which is what AWS bills an instance for at least. */
export const minKeepSeconds = 60;
/** The most. */
export const maxKeepSeconds = 3_600;

/** Fewer late jobs than this share are aimed at. */
const lateShare = 0.015;
/** How many jobs the share is taken of: the last ones, about, and no fewer than the least. */
const recentJobs = 1_000;
const leastJobs = 20;
/** How much longer instances are kept after a late launch, at least; and by how much shorter per minute without. */
const growth = 1.25;
const decayPerMinute = 0.97;
/** Of the gap since so many instances were last needed: so much longer they are kept. */
const gapMargin = 1.25;

/** What a fleet remembers that was never needed. */
export function emptyFleetMemory(at: number): FleetMemory {
  return { keepSeconds: minKeepSeconds, peaks: [], lateJobs: 0, jobs: 0, at };
}

/**
 * Brings the memory up to date. A launch for a fleet that was needed within the last hour makes its jobs late: while more
 * than 1.5 % of the jobs are, instances are kept longer, at least over the gap just seen; while fewer than half of that
 * are, ever shorter.
 */
export function rememberNeed(memory: FleetMemory, need: FleetNeed): FleetMemory {
  const { at, needed, desired, slots } = need;
  const peaks = memory.peaks.filter((peak) => at - peak.at <= maxKeepSeconds);
  const before = peaks.length > 0 ? memory : emptyFleetMemory(memory.at);
  const share = Math.min(1, recentJobs / (before.jobs + need.jobs));
  const jobs = (before.jobs + need.jobs) * share;
  let { keepSeconds } = before;
  let lateJobs = before.lateJobs * share;
  if (lateJobs < (lateShare / 2) * jobs) {
    keepSeconds = Math.max(keepSeconds * decayPerMinute ** ((at - before.at) / 60), minKeepSeconds);
  }
  if (peaks.length > 0 && needed > desired) {
    lateJobs += (needed - desired) * slots;
    if (lateJobs > lateShare * Math.max(jobs, leastJobs)) {
      const gap = at - (peaks.findLast(({ instances }) => instances >= needed)?.at ?? at);
      keepSeconds = Math.min(Math.max(keepSeconds * growth, gap * gapMargin), maxKeepSeconds);
    }
  }
  if (needed > 0) {
    while (peaks.length > 0 && peaks.at(-1)!.instances <= needed) peaks.pop();
    peaks.push({ at, instances: needed });
  }
  return { keepSeconds, peaks, lateJobs, jobs, at };
}

/** Instances that are kept: the most that were needed within the time that they are kept. */
export function keptInstances({ peaks, keepSeconds }: FleetMemory, at: number): number {
  return peaks.find((peak) => at - peak.at <= keepSeconds)?.instances ?? 0;
}
