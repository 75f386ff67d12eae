import { ours, pollers } from "./rules/all";
import { type Result } from "./trial";

const maxFirstLaunchSeconds = 3;
/** Cost over the least at the same p95: of a single trace, and over many seeds. */
const maxCostRatio = 5.5;
export const maxCostRatios = { median: 1.6, p95: 2.5 } as const;
/** Bill for idle instances over the bill for those that start or work. */
const maxIdleShare = 1;

/** Targets that our rule misses on a trace, and by how much. */
export function missesOf(trace: string, results: Result[]): string[] {
  const byName = new Map(results.map((result) => [result.rule, result]));
  const own = byName.get(ours.name)!;
  const misses: string[] = [];
  const miss = (text: string) => void misses.push(`${trace}: ${text}`);
  if (own.busyKills > 0) miss(`${own.busyKills} busy workers killed, none wanted`);
  const { firstLaunchSeconds = 0 } = own;
  if (firstLaunchSeconds > maxFirstLaunchSeconds) {
    miss(`first launch after ${firstLaunchSeconds.toFixed(1)} s, ${maxFirstLaunchSeconds} s wanted`);
  }
  const costRatio = own.dollars / own.leastDollars;
  if (costRatio > maxCostRatio) miss(`${costRatio.toFixed(2)} times the least cost, at most ${maxCostRatio} wanted`);
  if (own.idleShare > maxIdleShare) {
    miss(`${own.idleShare.toFixed(2)} times as much billed idle as used, at most ${maxIdleShare} wanted`);
  }
  for (const { name } of pollers) {
    const peer = byName.get(name)!;
    if (peer.dollars < own.dollars && peer.waitP95 < own.waitP95) {
      const costs = `$${peer.dollars.toFixed(4)} to $${own.dollars.toFixed(4)}`;
      miss(
        `${name} is better in dollars and p95 at once: ${costs}, ${peer.waitP95.toFixed(1)} s to ${own.waitP95.toFixed(1)} s`,
      );
    }
  }
  return misses;
}
