import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Presets, SingleBar } from "cli-progress";
import Table from "cli-table3";
import { Command } from "commander";
import { conditions } from "./scaling/conditions";
import { plot } from "./scaling/plot";
import { rules } from "./scaling/rules/all";
import { missesOf } from "./scaling/targets";
import { verdictOf, withSmoke } from "./support/smoke";
import { tryInThreads } from "./scaling/threads";
import { createTrace, Trace, TraceWord, words } from "./scaling/traces";
import { Result } from "./scaling/trial";

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

function print(results: Result[]): void {
  const head = ["", "", "wait p50", "p95", "p99", "hours", "cost", "score", "× least", "1st launch", "kills"];
  const table = new Table({ head, style: { head: [], border: [] } });
  for (const result of results) {
    table.push([
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
  }
  console.log(table.toString());
}

async function main(): Promise<void> {
  const program = withSmoke(new Command("bench:scaling"), { phases: "1", pictures: false })
    .description("Simulates our scaling against that of others on the same jobs, boot times and prices.")
    .option("--traces <words>", `out of ${words.join(", ")}`, words.join(","))
    .option("--seed <number>", "of the trace that is made from a seed", "1")
    .option("--phases <number>", "of each rule's clock; scores are their mean", "50")
    .option("--pictures <folder>", "where the plots go", join("docs", "pictures"))
    .option("--no-pictures", "draw none")
    .option("--json", "print one JSON object")
    .parse();
  const options = program.opts<
    Record<"traces" | "seed" | "phases", string> & { pictures: string | false; json?: true; smoke?: true }
  >();
  const phases = wholeNumber(options.phases, "--phases");
  if (phases === 0) throw new Error("Expected --phases to be 1 at least, got 0");
  const seed = wholeNumber(options.seed, "--seed");
  const chosen = chooseTraces(options.traces, seed);

  const isShown = !options.json && process.stderr.isTTY;
  const bar = new SingleBar(
    { format: "{bar} {percentage} % | {eta} s left", stream: process.stderr },
    Presets.shades_classic,
  );
  if (isShown) bar.start(chosen.size * rules.length * phases, 0);
  const trials = await tryInThreads([...chosen.keys()], seed, phases, () => bar.increment());
  if (isShown) bar.stop();

  const results: Result[] = [];
  const misses: string[] = [];
  for (const [word, trace] of chosen) {
    const ofTrace = trials.get(word)!;
    results.push(...ofTrace.map(({ result }) => result));
    const ofRules = ofTrace.map(({ result }) => result);
    if (!options.smoke) misses.push(...missesOf(trace, ofRules));
    if (options.pictures === false) continue;
    mkdirSync(options.pictures, { recursive: true });
    writeFileSync(join(options.pictures, `scaling-${word}.svg`), plot(trace, ofTrace));
  }
  if (options.json) {
    console.log(JSON.stringify({ conditions, results, misses }));
  } else {
    print(results);
    console.log(verdictOf(misses, options.smoke));
  }
  process.exitCode = misses.length === 0 ? 0 : 1;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
