import { quantiles } from "../support/quantiles";
import { markdownTable } from "../support/table";
import { conditions } from "./conditions";
import { rulesWith } from "./rules/all";
import { type OurSettings } from "./rules/ours";
import { maxCostRatios, missesOf } from "./targets";
import { seededTrace } from "./traces";
import { type Result, tryRule } from "./trial";

/** Our rule and the pollers on the trace of one seed. */
export interface SeedResult {
  seed: number;
  jobs: number;
  own: Result;
  misses: string[];
}

/** Number of seeds per row of the table. */
const rowLength = 20;
/** Cost over the least above which a seed is listed separately. */
const listedRatio = 2.5;

/** Tries our rule with these settings in place of the defaults, against pollers of the same `idleSeconds`. */
export function trySeed(seed: number, phases: number, settings: Partial<OurSettings> = {}): SeedResult {
  const trace = seededTrace(seed);
  const { pollers, ours } = rulesWith(settings);
  const results = [...pollers, ours].map((rule) => tryRule(trace, rule, conditions, phases, () => undefined).result);
  return { seed, jobs: trace.arrivals.length, own: results.at(-1)!, misses: missesOf(trace.name, results) };
}

/** Targets that our rule misses on these seeds, one by one and all together. */
export function missesOfSeeds(seeds: SeedResult[]): string[] {
  const [median = 0, p95 = 0] = quantiles(seeds.map(ratioOf), [0.5, 0.95]);
  const together = Object.entries({ median, p95 } as const).flatMap(([name, ratio]) => {
    const most = maxCostRatios[name as keyof typeof maxCostRatios];
    return ratio > most
      ? [`All seeds: ${ratio.toFixed(2)} times the least cost (${name}), at most ${most} wanted`]
      : [];
  });
  return [...seeds.flatMap(({ misses }) => misses), ...together];
}

/**
 * The seeds' figures as Markdown: in all, those above 2.5 times the least cost, and each seed's cost over the least.
 */
export function tableOfSeeds(seeds: SeedResult[]): string {
  const range = `${seeds[0]!.seed}–${seeds.at(-1)!.seed}`;
  const row = (name: string, of: (seed: SeedResult) => number, digits: number) => [
    name,
    ...quantiles(seeds.map(of), [0.5, 0.95, 1]).map((value) => value.toFixed(digits)),
  ];
  const figures = [
    row("cost over the least possible at the same p95", ratioOf, 2),
    row("billed idle over billed starting or working", ({ own }) => own.idleShare, 2),
    row("wait p50, s", ({ own }) => own.waitP50, 1),
    row("wait p95, s", ({ own }) => own.waitP95, 1),
    row("first launch, s", ({ own }) => own.firstLaunchSeconds ?? 0, 1),
    row("busy workers killed", ({ own }) => own.busyKills, 0),
  ];
  const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
  const listed = seeds
    .filter((seed) => ratioOf(seed) > listedRatio)
    .sort((one, other) => ratioOf(other) - ratioOf(one))
    .map((seed) => {
      const { own, jobs } = seed;
      const { starting, working, idle } = own.billed;
      const shares = [working, starting, idle, 1 - working - starting - idle].map(percent);
      return [String(seed.seed), ratioOf(seed).toFixed(2), String(jobs), own.waitP95.toFixed(1), ...shares];
    });
  const rows = Array.from({ length: Math.ceil(seeds.length / rowLength) }, (_, index) => {
    const these = seeds.slice(index * rowLength, (index + 1) * rowLength);
    return [`${these[0]!.seed}–${these.at(-1)!.seed}`, these.map((seed) => ratioOf(seed).toFixed(2)).join(" ")];
  });
  const better = seeds.filter(({ misses }) => misses.some((text) => text.includes("better in dollars and p95"))).length;
  return [
    markdownTable([`Seeds ${range}`, "median", "95th percentile", "most"], figures),
    `Seeds on which a poller is better in dollars and p95 at once: ${better}.`,
    listed.length === 0
      ? `No seed costs more than ${listedRatio} times the least.`
      : markdownTable(
          ["Above 2.5", "× least", "jobs", "p95, s", "billed working", "starting", "idle", "minimum, end"],
          listed,
        ),
    markdownTable(["Seeds", "cost over the least, one after another"], rows),
  ].join("\n\n");
}

function ratioOf({ own }: SeedResult): number {
  return own.dollars / own.leastDollars;
}
