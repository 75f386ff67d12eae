import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { Command } from "commander";
import { startCloud } from "../local-cloud/cloud";
import { packageRoot } from "../local-cloud/program/packageFolder";
import { deploy } from "../local-cloud/pulumi/deploy";
import { CallCounter } from "./api/callCounter";
import { costOf } from "./api/cost";
import { type Accepted, type Mode, processAll, type Processed, submitAll } from "./api/measure";
import { type BenchOutputs, program } from "./api/program";
import { type ModeReport, render, withTable } from "./api/report";
import { Progress } from "./support/progress";
import { verdictOf, withSmoke } from "./support/smoke";

/** Dollars for a million small jobs, at most. */
const targets = { singly: 5.1, "in batches of 100": 2.8 } as const;

/** A receive that took no time would fetch each job separately. */
const queueActions = ["SendMessage", "SendMessageBatch", "ReceiveMessage", "DeleteMessageBatch"];

function modes(scale: number): (Mode & { name: keyof typeof targets })[] {
  return [
    { name: "singly", batch: 0, concurrency: 16, jobs: Math.ceil(1_000 * scale) },
    { name: "in batches of 100", batch: 100, concurrency: 4, jobs: 100 * Math.ceil(50 * scale) },
  ];
}

async function main(): Promise<void> {
  const command = withSmoke(new Command("bench:api"), { rounds: "1", scale: "0.1" })
    .description(
      "Measures the way of a job on the local cloud: how fast, and what is asked of AWS for it at which price.",
    )
    .option("--rounds <number>", "rounds of each; medians count", "3")
    .option("--scale <factor>", "more or fewer jobs", "1")
    .option("--latency <milliseconds>", "added to each call of SQS, as bench:worker does", "20")
    .option("--json", "print one JSON object")
    .option("--write", "put the tables into docs/cost.md")
    .parse();
  const options = command.opts<{
    rounds: string;
    scale: string;
    latency: string;
    json?: true;
    write?: true;
    smoke?: true;
  }>();
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
  const reports = await run(Number(options.rounds), Number(options.scale), Number(options.latency));
  const misses = reports.flatMap(({ mode, cost, target }) =>
    cost.dollars > target && !options.smoke
      ? [`${mode.name}: $${cost.dollars.toFixed(2)} for a million jobs, $${target} wanted`]
      : [],
  );
  if (options.json) console.log(JSON.stringify({ reports, misses }));
  else console.log(`${render(reports)}\n${verdictOf(misses, options.smoke)}`);
  if (options.write) await write(reports);
  process.exitCode = misses.length === 0 ? 0 : 1;
}

async function run(rounds: number, scale: number, latencyMilliseconds: number): Promise<ModeReport[]> {
  const cloud = await startCloud();
  const { endpoint, region, credentials } = cloud;
  for (const action of queueActions) {
    cloud.faults.add({ service: "sqs", action, status: 0, delayMilliseconds: latencyMilliseconds });
  }
  const dynamodb = new DynamoDBClient({ endpoint, region, credentials });
  const all = modes(scale);
  const progress = new Progress(all.length * (2 * rounds + 1));
  try {
    const outputs = (await deploy({ program, cloud, project: "bench", stack: "api" })) as unknown as BenchOutputs;
    const functions = Object.fromEntries(
      cloud.lambdas.list().flatMap(({ spec: { name } }) => {
        const part = /frontend/.test(name) ? "front end" : /router/.test(name) ? "router" : undefined;
        return part ? [[name, part]] : [];
      }),
    );
    const parts = { functions, recordTable: outputs.jobTable, queueUrl: Object.values(outputs.queueUrls)[0]! };
    const counter = new CallCounter(cloud, parts);
    const work = { counter, dynamodb, table: outputs.jobTable };
    const reports: ModeReport[] = [];
    for (const mode of all) {
      await progress.during(`${mode.name}: warm-up`, async () => {
        const warmUp = { ...mode, jobs: Math.max(100, mode.batch) };
        await processAll(outputs.url, warmUp, work);
        await submitAll(outputs.peerUrl, warmUp);
      });
      const ours: Processed[] = [];
      const peer: Accepted[] = [];
      // In turn, so that other load on the machine affects both.
      for (let round = 0; round < rounds; round++) {
        ours.push(await progress.during(mode.name, () => processAll(outputs.url, mode, work)));
        peer.push(
          await progress.during(`${mode.name}: peer`, async () => (await submitAll(outputs.peerUrl, mode)).figures),
        );
      }
      const middle = medianBy(ours, ({ jobsPerSecond }) => jobsPerSecond);
      const cost = costOf(middle.calls, mode.jobs);
      const milliseconds = Object.fromEntries(
        Object.entries(functions).map(([name, part]) => [part, counter.medianMilliseconds(name)]),
      );
      const peerMiddle = medianBy(peer, ({ jobsPerSecond }) => jobsPerSecond);
      const ratio = middle.jobsPerSecond / peerMiddle.jobsPerSecond;
      reports.push({ mode, ours: middle, peer: peerMiddle, ratio, cost, target: targets[mode.name], milliseconds });
    }
    return reports;
  } finally {
    progress.stop();
    dynamodb.destroy();
    await cloud.stop();
  }
}

function medianBy<T>(all: T[], value: (each: T) => number): T {
  return [...all].sort((one, other) => value(one) - value(other))[all.length >> 1]!;
}

async function write(reports: ModeReport[]): Promise<void> {
  const file = join(packageRoot(), "docs", "cost.md");
  const { version } = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as { version: string };
  const about = `Measured on ${new Date().toISOString().slice(0, 10)} with version ${version} on Node ${process.versions.node}.`;
  const text = existsSync(file) ? readFileSync(file, "utf8") : "# Cost\n";
  const { format, resolveConfig } = await import("prettier");
  const style = await resolveConfig(file);
  writeFileSync(file, await format(withTable(text, reports, about), { ...style, filepath: file }));
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
