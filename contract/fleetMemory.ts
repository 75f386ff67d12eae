import { isObject } from "./check";
import { leftOfRecent, reportSeconds } from "./fleet";

export const deploymentOnlyModule = true;

/**
 * What a fleet remembers of what it needed, so that it isn't let go between one burst and the next. It forgets all once
 * nothing was needed for as long as instances are kept at the most. Times are epoch seconds.
 */
export interface FleetMemory {
  /** How long instances are kept that aren't needed any more. */
  keepSeconds: number;
  /** When so many instances were last needed: ever fewer, and ever later. */
  peaks: [at: number, instances: number][];
  /** Of the last jobs, those that waited for a launch while the fleet was remembered; and all of them. */
  lateJobs: number;
  jobs: number;
  /** What {@link FleetNeed.recentJobs} was then. */
  recentJobs: number;
  /** When it was last brought up to date. */
  at: number;
}

/** What a run of the scaler sees. */
export interface FleetNeed {
  /** Now, in epoch seconds. */
  at: number;
  /** What `neededInstances` says without a minimum. */
  needed: number;
  /** Of the groups, before they are raised. */
  desired: number;
  slots: number;
  /** Jobs ended lately, as the workers report them, faded until now: a job counts half after two minutes. */
  recentJobs: number;
  /** The longest that instances are kept. */
  maxKeepSeconds: number;
}

/** Kept for so long at first, which is what AWS bills an instance for at least; less where the most is less. */
export const firstKeepSeconds = 60;

/** Fewer late jobs than this share are aimed at. */
const lateShare = 0.015;
/** How many jobs the share is taken of: the last ones, about, and no fewer than the least. */
const lastJobs = 1_000;
const leastJobs = 20;
/** How much longer instances are kept after a late launch, at least; and by how much shorter per minute without. */
const growth = 1.25;
const decayPerMinute = 0.97;
/** Of the gap since so many instances were last needed: so much longer they are kept. */
const gapMargin = 1.25;
/** A look so soon after another, as a share of the time kept, isn't worth a write if it changes nothing but times. */
const negligibleShare = 1 / 6;
/** Looks come each minute: jobs that ended since the last one are that old at the most. */
const lookSeconds = 60;

/** What a fleet remembers that was never needed. */
export function emptyFleetMemory(at: number): FleetMemory {
  return { keepSeconds: firstKeepSeconds, peaks: [], lateJobs: 0, jobs: 0, recentJobs: 0, at };
}

/**
 * Brings the memory up to date. A launch for a fleet that is remembered makes its jobs late: while more than 1.5 % of the
 * jobs are, instances are kept longer, at least over the gap just seen; while fewer than half of that are, ever shorter.
 *
 * The same memory, untouched, is what a look gives that has nothing to add: time passes in the memory by itself. So neither
 * a fleet that has nothing to do nor the second of two looks in a row need write it down.
 */
export function rememberNeed(memory: FleetMemory, need: FleetNeed): FleetMemory {
  const { at, needed, desired, slots, recentJobs, maxKeepSeconds } = need;
  const ended = endedJobs(memory, need);
  const isQuiet = needed === 0 && ended < 0.5;
  const isBounded = memory.peaks.length === 0 || memory.keepSeconds <= maxKeepSeconds;
  if (isBounded && (isQuiet || isRepeated(memory, need))) return memory;
  const peaks = memory.peaks.filter((peak) => at - peak[0] <= maxKeepSeconds);
  const before = peaks.length > 0 ? memory : emptyFleetMemory(memory.at);
  const share = Math.min(1, lastJobs / (before.jobs + ended));
  const jobs = (before.jobs + ended) * share;
  let lateJobs = before.lateJobs * share;
  let keepSeconds = Math.min(keepSecondsAt(before, at), maxKeepSeconds);
  if (peaks.length > 0 && needed > desired) {
    lateJobs += (needed - desired) * slots;
    if (lateJobs > lateShare * Math.max(jobs, leastJobs)) {
      const gap = at - (peaks.findLast(([, instances]) => instances >= needed)?.[0] ?? at);
      keepSeconds = Math.min(Math.max(keepSeconds * growth, gap * gapMargin), maxKeepSeconds);
    }
  }
  if (needed > 0) {
    while (peaks.length > 0 && peaks.at(-1)![1] <= needed) peaks.pop();
    peaks.push([at, needed]);
  }
  return { keepSeconds, peaks, lateJobs, jobs, recentJobs, at };
}

/** Instances that are kept: the most that were needed within the time that they are kept. */
export function keptInstances(memory: FleetMemory, at: number): number {
  const keepSeconds = keepSecondsAt(memory, at);
  return memory.peaks.find((peak) => at - peak[0] <= keepSeconds)?.[1] ?? 0;
}

/** The memory as a text of the fleet item. */
export function encodeFleetMemory(memory: FleetMemory): string {
  const rounded = (_: string, value: unknown) => (typeof value === "number" ? Math.round(value * 100) / 100 : value);
  return JSON.stringify(memory, rounded);
}

/** Reads the memory from its text. Nothing if it isn't one: a fleet that has forgotten works all the same. */
export function decodeFleetMemory(text: string | undefined): FleetMemory | undefined {
  try {
    const memory: unknown = JSON.parse(text ?? "null");
    return isFleetMemory(memory) ? memory : undefined;
  } catch {
    return undefined;
  }
}

function isFleetMemory(memory: unknown): memory is FleetMemory {
  if (!isObject(memory) || !Array.isArray(memory.peaks)) return false;
  const { keepSeconds, lateJobs, jobs, recentJobs, at, peaks } = memory;
  const isPair = (peak: unknown) => Array.isArray(peak) && peak.length === 2 && peak.every(Number.isFinite);
  return [keepSeconds, lateJobs, jobs, recentJobs, at].every(Number.isFinite) && peaks.every(isPair);
}

/** Ever shorter while hardly any job is late, down to the first time. */
function keepSecondsAt({ keepSeconds, lateJobs, jobs, at }: FleetMemory, now: number): number {
  if (lateJobs >= (lateShare / 2) * jobs) return keepSeconds;
  const shortened = keepSeconds * decayPerMinute ** (Math.max(0, now - at) / 60);
  return Math.max(shortened, Math.min(keepSeconds, firstKeepSeconds));
}

/** Jobs ended since the memory was up to date: what the reports count beyond what is left of what they counted then. */
function endedJobs({ at, recentJobs }: FleetMemory, need: FleetNeed): number {
  const seconds = Math.max(0, need.at - at);
  const beyond = Math.max(0, need.recentJobs - recentJobs * leftOfRecent(seconds));
  // They ended at any time since the last look, were reported half a report's time later, and have faded since.
  return beyond / leftOfRecent((Math.min(seconds, lookSeconds) + reportSeconds) / 2);
}

/** Measured from the peak, not from the last look: a look that renewed no peak must not put off the next that would. */
function isRepeated({ peaks, keepSeconds }: FleetMemory, need: FleetNeed): boolean {
  const last = peaks.at(-1);
  if (last === undefined || need.needed > last[1] || need.needed > need.desired) return false;
  return need.at - last[0] < Math.min(keepSeconds, firstKeepSeconds) * negligibleShare;
}
