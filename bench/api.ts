import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import { packageRoot, workerMain } from "../contract/packageRoot";
import { deploy, startCloud } from "../local-cloud/index";
import { type Accepted, type Mode, submitAll } from "./api/measure";
import { type BenchOutputs, program } from "./api/program";
import { runBenchmark } from "./support/benchmark";
import { writeInto } from "./support/document";
import { Progress } from "./support/progress";
import { markdownTable } from "./support/table";

const queueActions = ["SendMessage", "SendMessageBatch"];

interface ModeReport {
  mode: Mode;
  ours: Accepted;
  peer: Accepted;
  /** Of the jobs accepted in a second, ours to the peer's. */
  ratio: number;
}

function modes(scale: number): Mode[] {
  return [
    { name: "singly", batch: 0, concurrency: 16, jobs: Math.ceil(1_000 * scale) },
    { name: "in batches of 100", batch: 100, concurrency: 4, jobs: 100 * Math.ceil(50 * scale) },
  ];
}

async function run(rounds: number, scale: number, latencyMilliseconds: number): Promise<ModeReport[]> {
  const cloud = await startCloud({ workerMain: workerMain() });
  for (const action of queueActions) {
    cloud.faults.add({ service: "sqs", action, status: 0, delayMilliseconds: latencyMilliseconds });
  }
  const all = modes(scale);
  const progress = new Progress(all.length * (2 * rounds + 1));
  try {
    const outputs = (await deploy({ program, cloud, project: "bench", stack: "api" })) as unknown as BenchOutputs;
    const queue = cloud.messaging.queue(Object.values(outputs.queueUrls)[0]!)!;
    /** Submits to ours, and waits until the jobs are done: they would slow down what follows. */
    const submitOurs = async (mode: Mode) => {
      const figures = await submitAll(outputs.url, mode);
      // The last ones may be on their way to the queue.
      do await sleep(500);
      while (queue.messages.length + queue.inflightMessages.size > 0);
      return figures;
    };
    const reports: ModeReport[] = [];
    for (const mode of all) {
      await progress.during(`${mode.name}: warm-up`, async () => {
        const warmUp = { ...mode, jobs: Math.max(100, mode.batch) };
        await submitOurs(warmUp);
        await submitAll(outputs.peerUrl, warmUp);
      });
      const figures: Record<"ours" | "peer", Accepted[]> = { ours: [], peer: [] };
      // In turn, so that other load on the machine affects both.
      for (let round = 0; round < rounds; round++) {
        figures.ours.push(await progress.during(mode.name, () => submitOurs(mode)));
        figures.peer.push(await progress.during(`${mode.name}: peer`, () => submitAll(outputs.peerUrl, mode)));
      }
      const [ours, peer] = [medianOf(figures.ours), medianOf(figures.peer)];
      reports.push({ mode, ours, peer, ratio: ours.jobsPerSecond / peer.jobsPerSecond });
    }
    return reports;
  } finally {
    progress.stop();
    await cloud.stop();
  }
}

function medianOf(all: Accepted[]): Accepted {
  return [...all].sort((one, other) => one.jobsPerSecond - other.jobsPerSecond)[all.length >> 1]!;
}

function tableOf(reports: ModeReport[]): string {
  const row = (name: string, { jobsPerSecond, answerP50Ms, answerP99Ms }: Accepted, ratio: string) => [
    name,
    jobsPerSecond.toFixed(0),
    `${answerP50Ms.toFixed(0)} / ${answerP99Ms.toFixed(0)} ms`,
    ratio,
  ];
  const rows = reports.flatMap(({ mode: { name, concurrency }, ours, peer, ratio }) => [
    row(`${name}, ${concurrency} requests at once`, ours, ratio.toFixed(2)),
    row(`the peer, ${name}`, peer, "1"),
  ]);
  return markdownTable(["", "accepted jobs/s", "POST to answer, p50 / p99", "ratio"], rows);
}

const command = new Command("bench:api")
  .description("Measures on the local cloud how fast jobs are accepted, beside the least that could accept them.")
  .option("--rounds <number>", "rounds of each; medians count", "3")
  .option("--scale <factor>", "more or fewer jobs", "1")
  .option("--latency <milliseconds>", "added to each send to SQS", "20")
  .option("--write", "put the table into docs/benchmarks.md");

type Values = Record<"rounds" | "scale" | "latency", string> & { write?: true };

runBenchmark<Values>(command, { rounds: "1", scale: "0.1" }, async ({ rounds, scale, latency, json, write }) => {
  const reports = await run(Number(rounds), Number(scale), Number(latency));
  console.log(json ? JSON.stringify({ reports }) : tableOf(reports));
  if (!write) return;
  const { version } = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as { version: string };
  const about = `Measured on ${new Date().toISOString().slice(0, 10)} with version ${version} on Node ${process.versions.node}.`;
  await writeInto("docs/benchmarks.md", "npm run bench:api -- --write", `${about}\n\n${tableOf(reports)}`);
});
