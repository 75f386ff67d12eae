import { type Conditions } from "./conditions";
import { type Trace } from "./traces";

/**
 * Billed seconds that no rule gets below, not even one that knows the future, where 95 % of the jobs wait no longer
 * than `waitP95`. The greater of two bounds: all work packed without a gap into one instance's slots after another;
 * and, where jobs are sparse, the time in which instances must be there at all, and the launches or waits in between.
 */
export function leastBilledSeconds(trace: Trace, conditions: Conditions, waitP95: number): number {
  const { slots, startSeconds, minBilledSeconds } = conditions;
  const work = trace.durations.reduce((sum, seconds) => sum + seconds, 0);
  const packed = work / slots + startSeconds[0];
  return Math.max(packed, sparse(trace, conditions, waitP95), minBilledSeconds);
}

/**
 * A job that starts in time runs within its window: from its arrival to its latest end. Windows that overlap form a
 * stretch. A stretch costs at least its longest job, and its work; and from one to the next an instance either stays or
 * is launched again. Then, since 5 % of the jobs may start at any time, those with which the sum loses most are left
 * out.
 */
function sparse({ arrivals, durations }: Trace, { slots, startSeconds }: Conditions, waitP95: number): number {
  const launch = startSeconds[0];
  const losses: number[] = [];
  let sum = 0;
  let until = -Infinity;
  let stretch: { work: number; longest: number; jobs: number; gap: number } | undefined;
  const close = () => {
    if (!stretch) return;
    const { work, longest, jobs, gap } = stretch;
    sum += Math.max(work / slots, longest) + gap;
    for (let job = 0; job < jobs; job++) losses[losses.length - 1 - job]! += gap / jobs;
  };
  arrivals.forEach((arrival, job) => {
    const duration = durations[job]!;
    if (arrival > until) {
      close();
      stretch = { work: 0, longest: 0, jobs: 0, gap: Math.min(arrival - until, launch) };
    }
    stretch!.work += duration;
    stretch!.longest = Math.max(stretch!.longest, duration);
    stretch!.jobs++;
    losses.push(duration);
    until = Math.max(until, arrival + waitP95 + duration);
  });
  close();
  const free = Math.floor(arrivals.length * 0.05);
  const lost = losses
    .sort((a, b) => b - a)
    .slice(0, free)
    .reduce((total, loss) => total + loss, 0);
  return sum - lost;
}
