import { cloudWatchRules, ours, pollers } from "./rules/all";
import { Trace } from "./traces";
import { Result } from "./trial";

/** Score of the rules of CloudWatch against ours, where work comes suddenly. */
const minRatio = 3;
const maxFirstLaunchSeconds = 3;
/** Against the pollers' score where hardly anybody waits, that is, where both fleets are warm. */
const maxRatioWarm = 1.02;
const warmSeconds = 1;
/** Against the least cost at the same p95; held on the diurnal day. */
const maxCostRatio = 1.5;

/** Which targets our rule misses on a trace, and by how much. */
export function missesOf(trace: Trace, results: Result[]): string[] {
  const byName = new Map(results.map((result) => [result.rule, result]));
  const own = byName.get(ours.name)!;
  const misses: string[] = [];
  const miss = (text: string) => void misses.push(`${trace.name}: ${text}`);
  if (own.busyKills > 0) miss(`${own.busyKills} busy workers killed, none wanted`);
  const { firstLaunchSeconds = 0 } = own;
  if (firstLaunchSeconds > maxFirstLaunchSeconds) {
    miss(`first launch after ${firstLaunchSeconds.toFixed(1)} s, ${maxFirstLaunchSeconds} s wanted`);
  }
  for (const { name } of trace.isSudden ? cloudWatchRules : []) {
    const ratio = byName.get(name)!.score / own.score;
    if (ratio < minRatio) miss(`${ratio.toFixed(2)} times better than ${name}, ${minRatio} wanted`);
  }
  for (const { name } of pollers) {
    const peer = byName.get(name)!;
    const ratio = own.score / peer.score;
    const allowed = isWarm(own) && isWarm(peer) ? maxRatioWarm : 1;
    if (ratio > allowed) miss(`${ratio.toFixed(2)} times the score of ${name}, at most ${allowed} wanted`);
  }
  const costRatio = own.dollars / own.leastDollars;
  if (trace.isHeldToBound && costRatio > maxCostRatio) {
    miss(`${costRatio.toFixed(3)} times the least cost at equal p95, at most ${maxCostRatio} wanted`);
  }
  return misses;
}

function isWarm({ waitP95 }: Result): boolean {
  return waitP95 <= warmSeconds;
}
