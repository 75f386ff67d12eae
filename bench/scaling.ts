import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { conditions } from "./scaling/conditions";
import { plot } from "./scaling/plot";
import { rules } from "./scaling/rules/all";
import { missesOfSeeds, type SeedResult, tableOfSeeds, trySeed } from "./scaling/seeds";
import { missesOf } from "./scaling/targets";
import { tryInThreads } from "./scaling/threads";
import { createTrace, type Trace, type TraceWord, words } from "./scaling/traces";
import { type Result } from "./scaling/trial";
import { type CommonOptions, conclude, runBenchmark } from "./support/benchmark";
import { writeInto } from "./support/document";
import { Progress } from "./support/progress";
import { textTable } from "./support/table";

function chooseTraces(list: string, seed: number): Map<TraceWord, Trace> {
  const chosen = list.split(",").map((word) => word.trim());
  const unknown = chosen.filter((word) => !words.includes(word as TraceWord));
  if (unknown.length > 0) throw new Error(`Expected traces out of ${words.join(", ")}, got ${unknown.join(", ")}`);
  return new Map((chosen as TraceWord[]).map((word) => [word, createTrace(word, seed)] as const));
}

function wholeNumber(text: string, option: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`Expected ${option} to be a whole number, got ${JSON.stringify(text)}`);
  return Number(text);
}

function tableOf(results: Result[]): string {
  const head = ["", "", "wait p50", "p95", "p99", "hours", "cost", "score", "× least", "1st launch", "kills"];
  const cells = results.map((result) => [
    result.trace,
    result.rule,
    ...[result.waitP50, result.waitP95, result.waitP99].map((wait) => `${wait.toFixed(1)} s`),
    result.instanceHours.toFixed(2),
    `$${result.dollars.toFixed(result.dollars < 1 ? 4 : 2)}`,
    result.score.toPrecision(4),
    (result.dollars / result.leastDollars).toFixed(2),
    result.firstLaunchSeconds === undefined ? "–" : `${result.firstLaunchSeconds.toFixed(1)} s`,
    result.busyKills,
  ]);
  return textTable(head, cells);
}

interface Values extends Record<"traces" | "seed" | "phases", string> {
  pictures: string | false;
  seeds?: string;
  idleSeconds?: string;
  targetLatencySeconds?: string;
  write?: true;
}

async function runSeeds(range: string, phases: number, options: Values & CommonOptions): Promise<void> {
  const { idleSeconds, targetLatencySeconds } = options;
  const settings = {
    ...(idleSeconds && { idleSeconds: wholeNumber(idleSeconds, "--idle-seconds") }),
    ...(targetLatencySeconds && {
      targetLatencySeconds: wholeNumber(targetLatencySeconds, "--target-latency-seconds"),
    }),
  };
  const [first = "", last = first] = range.split("-");
  const from = wholeNumber(first, "--seeds");
  const until = wholeNumber(last, "--seeds");
  if (until < from) throw new Error(`Expected --seeds to name the lower one first, got ${JSON.stringify(range)}`);
  const progress = new Progress(until - from + 1);
  const seeds: SeedResult[] = [];
  for (let seed = from; seed <= until; seed++) {
    seeds.push(trySeed(seed, phases, settings));
    progress.step();
  }
  progress.stop();
  conclude(options, { conditions, seeds }, `${tableOfSeeds(seeds)}\n`, missesOfSeeds(seeds));
  if (options.write) await writeInto("docs/benchmarks.md", seedsCommand, tableOfSeeds(seeds));
}

const seedsCommand = "npm run bench:scaling -- --seeds 80000-80199 --phases 3 --write";

const command = new Command("bench:scaling")
  .description("Simulates our scaling against that of others on the same jobs, boot times and prices.")
  .option("--traces <words>", `out of ${words.join(", ")}`, words.join(","))
  .option("--seed <number>", "of the trace that is made from a seed", "1")
  .option("--phases <number>", "of each rule's clock; scores are their mean", "50")
  .option(
    "--seeds <range>",
    "our rule and the pollers on the traces of these seeds, such as 80000-80199, in their place",
  )
  .option("--idle-seconds <number>", "with --seeds: ours and the pollers', in place of the default")
  .option("--target-latency-seconds <number>", "with --seeds: in place of the default")
  .option("--write", "put the table of the seeds into docs/benchmarks.md")
  .option("--pictures <folder>", "where the plots go", join("docs", "pictures"))
  .option("--no-pictures", "draw none");

runBenchmark<Values>(command, { phases: "1", pictures: false }, async (options) => {
  const phases = wholeNumber(options.phases, "--phases");
  if (phases === 0) throw new Error("Expected --phases to be 1 at least, got 0");
  if (options.seeds !== undefined) return runSeeds(options.seeds, phases, options);
  const seed = wholeNumber(options.seed, "--seed");
  const chosen = chooseTraces(options.traces, seed);

  const progress = new Progress(chosen.size * rules.length * phases);
  const trials = await tryInThreads([...chosen.keys()], seed, phases, () => progress.step());
  progress.stop();

  const results: Result[] = [];
  const misses: string[] = [];
  for (const [word, trace] of chosen) {
    const ofTrace = trials.get(word)!;
    results.push(...ofTrace.map(({ result }) => result));
    const ofRules = ofTrace.map(({ result }) => result);
    misses.push(...missesOf(trace.name, ofRules));
    if (options.pictures === false) continue;
    mkdirSync(options.pictures, { recursive: true });
    writeFileSync(join(options.pictures, `scaling-${word}.svg`), plot(trace, ofTrace));
  }
  conclude(options, { conditions, results }, tableOf(results), misses);
});
