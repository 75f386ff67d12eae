import { Command } from "commander";
import { conclude, runBenchmark } from "./support/benchmark";
import { type ColdStart, measureColdStart } from "./support/coldStart";
import { startPeer, startWorker } from "./support/consumers";
import { type Figures, measure } from "./support/measure";
import { Progress } from "./support/progress";
import { median } from "./support/quantiles";
import { type QueueServer, startQueueServer } from "./support/queueServer";
import { createScenarios, type Scenario, type Target } from "./support/scenarios";
import { textTable } from "./support/table";
import { calibrate } from "./support/work";

interface Row extends Figures {
  scenario: string;
  consumer: string;
  /** Its throughput against the better of the peer's forms; missing for the peer. */
  ratio?: number;
  target?: Target;
}

/** The peer's ways to work on ten messages at once; its own best counts. */
const peerForms = [
  { name: "sqs-consumer, handleMessage", batches: false, consumers: 1, batchSize: 10 },
  { name: "sqs-consumer, handleMessageBatch", batches: true, consumers: 1, batchSize: 10 },
];

/** For information: not one consumer but ten of them, each with one message at a time. */
const crowd = { name: "10 × sqs-consumer, batchSize 1", batches: false, consumers: 10, batchSize: 1 };

/** Most milliseconds until a handler with a bundle of 2 MB is loaded, and how often each round starts it. */
const maxColdStart = 300;
const startsOfRound = 7;

async function runScenario(
  server: QueueServer,
  scenario: Scenario,
  forms: typeof peerForms,
  rounds: number,
  progress: Progress,
): Promise<Row[]> {
  const { slots, visibilityTimeoutSeconds } = scenario;
  const measureAll = (consumer: string, start: Parameters<typeof measure>[1]) =>
    medianOf(rounds, () => progress.during(`${scenario.name}: ${consumer}`, () => measure(server, start, scenario)));
  const rows: Row[] = [];
  for (const form of forms) {
    const options = { ...form, consumers: Math.min(form.consumers, slots), slots, visibilityTimeoutSeconds };
    const figures = await measureAll(form.name, (queue) => startPeer(server, queue, options));
    rows.push({ scenario: scenario.name, consumer: form.name, ...figures });
  }
  const best = Math.max(...rows.slice(0, peerForms.length).map(({ jobsPerSecond }) => jobsPerSecond));
  for (const { name, target, ...options } of scenario.ours) {
    const consumer = `ours, ${name}`;
    const figures = await measureAll(consumer, (queue) =>
      startWorker(server, queue, { ...options, slots, visibilityTimeoutSeconds }),
    );
    const ratio = figures.jobsPerSecond / best;
    rows.push({ scenario: scenario.name, consumer, ...figures, ratio, target });
  }
  return rows;
}

/** Figure by figure; duplicates add up. */
async function medianOf(rounds: number, run: () => Promise<Figures>): Promise<Figures> {
  const all: Figures[] = [];
  for (let round = 0; round < rounds; round++) all.push(await run());
  const fields = Object.keys(all[0]!) as (keyof Figures)[];
  const medians = Object.fromEntries(fields.map((field) => [field, median(all.map((figures) => figures[field] ?? 0))]));
  return { ...(medians as unknown as Figures), duplicates: all.reduce((sum, { duplicates }) => sum + duplicates, 0) };
}

function missesOf({ scenario, consumer, target, ratio = 0, callsPerJob, duplicates }: Row): string[] {
  if (!target) return [];
  const { minRatio, maxCallsPerJob = Infinity, hasNoDuplicates } = target;
  const about = `${scenario}, ${consumer}`;
  return [
    ...(ratio < minRatio ? [`${about}: ${ratio.toFixed(2)} times the peer's throughput, ${minRatio} wanted`] : []),
    ...(callsPerJob > maxCallsPerJob
      ? [`${about}: ${callsPerJob.toFixed(3)} calls per job, ${maxCallsPerJob} wanted`]
      : []),
    ...(hasNoDuplicates && duplicates > 0 ? [`${about}: ${duplicates} duplicates, none wanted`] : []),
  ];
}

function startText({ bundleMegabytes, milliseconds, cpuMs }: ColdStart): string {
  const figures = `${milliseconds.toFixed(0)} ms${cpuMs === undefined ? "" : `, ${cpuMs} ms of CPU,`}`;
  const what = `until a handler's process has loaded ${bundleMegabytes.toFixed(1)} MB`;
  return `(d) cold start: ${figures} ${what}; at most ${maxColdStart} ms wanted`;
}

function tableOf(rows: Row[]): string {
  const head = ["", "", "jobs/s", "wait p50", "wait p99", "calls/job", "CPU/job", "dupl.", "ratio", "wanted"];
  const cells = rows.map((row) => [
    row.scenario,
    row.consumer,
    row.jobsPerSecond.toFixed(1),
    `${row.waitP50Ms} ms`,
    `${row.waitP99Ms} ms`,
    row.callsPerJob.toFixed(3),
    row.cpuMsPerJob === undefined ? "–" : `${row.cpuMsPerJob.toFixed(2)} ms`,
    row.duplicates,
    row.ratio?.toFixed(2) ?? "",
    row.target ? `≥ ${row.target.minRatio}` : "",
  ]);
  return textTable(head, cells);
}

const command = new Command("bench:worker")
  .description("Measures the worker against sqs-consumer on one local SQS, with latency added to each call.")
  .option("--only <letters>", "scenarios to run", "abcd")
  .option("--rounds <number>", "rounds of each; medians count", "1")
  .option("--latency <milliseconds>", "added to each SQS call", "20")
  .option("--scale <factor>", "more or fewer jobs", "1")
  .option("--crowd", "also measure ten sqs-consumers side by side, for information");

type Values = Record<"only" | "rounds" | "latency" | "scale", string> & { crowd?: true };

runBenchmark<Values>(command, { scale: "0.05" }, async (options) => {
  const scenarios = createScenarios(calibrate(50), Number(options.scale));
  const chosen = (["a", "b", "c"] as const).filter((letter) => options.only.includes(letter));
  const rounds = Number(options.rounds);
  const forms = options.crowd ? [...peerForms, crowd] : peerForms;
  const measurements = chosen.reduce((sum, letter) => sum + forms.length + scenarios[letter].ours.length, 0);
  const progress = new Progress(measurements * rounds);
  const server = await startQueueServer(Number(options.latency));
  const rows: Row[] = [];
  try {
    for (const letter of chosen) rows.push(...(await runScenario(server, scenarios[letter], forms, rounds, progress)));
  } finally {
    progress.stop();
    await server.close();
  }
  const coldStart = options.only.includes("d") ? await measureColdStart(rounds * startsOfRound) : undefined;
  const startLine = coldStart ? [startText(coldStart)] : [];
  const misses = [...rows.flatMap(missesOf), ...(coldStart && coldStart.milliseconds > maxColdStart ? startLine : [])];
  conclude(options, { rows, coldStart }, [tableOf(rows), ...startLine].join("\n"), misses);
});
