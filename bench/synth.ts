import { Command } from "commander";
import { BatchJobProcessor } from "../components";
import { record } from "../test/support/record";
import { conclude, runBenchmark } from "./support/benchmark";
import { median } from "./support/quantiles";
import { textTable } from "./support/table";

/** Limits in milliseconds of the processor's time, so that other programs of the machine don't count. */
const limits = { oneType: 450, addedType: 20 };

interface Row {
  types: number;
  resources: number;
  /** Median of the rounds. */
  ms: number;
  /** Against the row before. */
  msPerAddedType?: number;
}

async function build(types: number): Promise<{ ms: number; resources: number }> {
  const processors = Array.from({ length: types }, (_, index) => ({ name: `type-${index}`, handler: "word-count" }));
  const start = process.cpuUsage();
  const { resources } = await record(() => new BatchJobProcessor("jobs", { processors }));
  const { user, system } = process.cpuUsage(start);
  return { ms: (user + system) / 1_000, resources: resources.length };
}

async function measure(sizes: number[], rounds: number): Promise<Row[]> {
  await build(1);
  const rows: Row[] = [];
  for (const types of sizes) {
    const runs = [];
    for (let round = 0; round < rounds; round++) runs.push(await build(types));
    const ms = median(runs.map((run) => run.ms));
    const before = rows.at(-1);
    rows.push({
      types,
      resources: runs[0]!.resources,
      ms: Math.round(ms),
      ...(before && { msPerAddedType: Number(((ms - before.ms) / (types - before.types)).toFixed(1)) }),
    });
  }
  return rows;
}

function missesOf({ types, ms, msPerAddedType = 0 }: Row): string[] {
  const { oneType, addedType } = limits;
  return [
    ...(types === 1 && ms > oneType ? [`1 type: ${ms} ms, at most ${oneType} wanted`] : []),
    ...(msPerAddedType > addedType
      ? [`${types} types: ${msPerAddedType} ms per added type, at most ${addedType} wanted`]
      : []),
  ];
}

const command = new Command("bench:synth")
  .description("Times how long the program takes to register its resources, under mocks, by the number of job types.")
  .option("--types <numbers>", "how many types, separated by commas", "1,10,100")
  .option("--rounds <number>", "rounds of each; the median counts", "5");

runBenchmark<{ types: string; rounds: string }>(command, { types: "1,3", rounds: "1" }, async (options) => {
  const rows = await measure(options.types.split(",").map(Number), Number(options.rounds));
  const table = textTable(
    ["types", "resources", "CPU ms", "per added type"],
    rows.map(({ types, resources, ms, msPerAddedType }) => [types, resources, ms, msPerAddedType ?? "–"]),
  );
  conclude(options, { rows }, table, rows.flatMap(missesOf));
});
