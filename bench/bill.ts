import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import { BatchJobProcessor } from "../components";
import { packageRoot, workerMain } from "../contract/packageRoot";
import { deploy, startCloud } from "../local-cloud/index";
import { Bill, rows } from "./bill/bill";
import { conclude, runBenchmark } from "./support/benchmark";

/** A way in which jobs come. */
interface Scenario {
  name: string;
  /** Dollars for a million jobs, at most: scaler and logs included, without metrics and instances. */
  target: number;
  types: number;
  minInstances: number;
  jobs: number;
  /** Jobs of a request; 1 for one by itself. */
  batch: number;
  /** Between one request and the next. */
  seconds: number;
  /** Of an instance; those beyond a vCPU each fetch as many ahead. */
  slots: number;
  keepPayloads?: boolean;
}

/**
 * Slots as of an instance of the default type; jobs of milliseconds that come a hundred at once want more, as in
 * bench:api.
 */
const up = { types: 1, minInstances: 1, seconds: 1 };
const scenarios: Scenario[] = [
  { name: "singly, one a second, on a fleet that is up", target: 6.3, ...up, jobs: 60, batch: 1, slots: 2 },
  {
    ...{ name: "singly, one each 20 s, of three types in turn, from zero", target: 9.6, types: 3 },
    ...{ minInstances: 0, jobs: 9, batch: 1, seconds: 20, slots: 2 },
  },
  {
    name: "in batches of 100, on a fleet with 20 slots that is up",
    target: 3.2,
    ...up,
    jobs: 2_000,
    batch: 100,
    slots: 20,
  },
  {
    ...{ name: "singly, one a second, on a fleet that is up, with payloads kept", target: 7, ...up },
    ...{ jobs: 60, batch: 1, slots: 2, keepPayloads: true },
  },
];

type Counts = ReturnType<Bill["perMillion"]> & { name: string; target: number; total: number };

const countsFile = join(packageRoot(), "tools", "documents", "billCounts.json");

async function measure({ types, minInstances, jobs, batch, seconds, slots, keepPayloads = false }: Scenario) {
  let bill: Bill | undefined;
  // Not the minute's runs, which docs/cost.md counts apart.
  const cloud = await startCloud({
    workerMain: workerMain(),
    log: (entry) => bill?.noteLog(entry),
    scheduleSeconds: 1e6,
  });
  const names = Array.from({ length: types }, (_, index) => `type-${index}`);
  const prefetch = slots > 2 ? slots : 0;
  const program = () => {
    const processors = names.map((name) => ({ name, handler: "word-count", minInstances, slots, prefetch }));
    const network = { vpcId: "vpc-1", subnetIds: ["subnet-1"] };
    const args = { processors, keepPayloads, metrics: "off", image: "worker:bench", network } as const;
    const processor = new BatchJobProcessor("bench", args);
    return { url: processor.url, jobTable: processor.jobTableName, queueUrls: processor.queueUrls };
  };
  try {
    const outputs = await deploy({ program, cloud, project: "bench", stack: "bill" });
    const TableName = String(outputs.jobTable);
    const finished = async () => {
      const scan = { TableName, ConsistentRead: true };
      const { Items } = await cloud.calls.dynamodb<{ Items: { state?: { S: string } }[] }>("Scan", scan);
      return Items.filter(({ state }) => state?.S === "succeeded").length;
    };
    // Messages of finished jobs are deleted some seconds later, which is billed, too.
    const queues = Object.values(outputs.queueUrls as Record<string, string>).map((url) => cloud.messaging.queue(url)!);
    const areEmpty = () =>
      queues.every(({ messages, inflightMessages }) => messages.length + inflightMessages.size === 0);
    const submit = async (type: string) => {
      const job = { type, payload: { text: "to be or not to be" } };
      const body = batch === 1 ? job : { jobs: Array.from({ length: batch }, () => job) };
      const response = await fetch(`${String(outputs.url)}${batch === 1 ? "jobs" : "jobs/batch"}`, {
        ...{ method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) },
      });
      if (!response.ok) throw new Error(`Expected to be accepted, got ${response.status}: ${await response.text()}`);
      bill?.noteRequest();
    };
    const groups = () => cloud.groups.list();
    // Environments of the functions and, on a fleet that is up, the worker are there before anything is counted.
    for (const name of names) await submit(name);
    const warm = names.length * batch;
    await until(async () => (await finished()) === warm && areEmpty());
    await until(() => groups().every(({ instances }) => minInstances > 0 || instances.length === 0));
    bill = new Bill(cloud, TableName);
    for (let sent = 0; sent < jobs; sent += batch) {
      const begun = performance.now();
      await submit(names[(sent / batch) % names.length]!);
      await sleep(Math.max(0, seconds * 1_000 - (performance.now() - begun)));
    }
    await until(async () => (await finished()) === warm + jobs && areEmpty());
    await until(() => groups().every(({ instances }) => minInstances > 0 || instances.length === 0));
    return bill.perMillion(jobs);
  } finally {
    await cloud.stop();
  }
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 180_000; Date.now() < end; await sleep(200)) {
    if (await isSo()) return;
  }
  throw new Error("Expected the jobs to be done, and the fleets to be at their minimum, within 180 s");
}

const command = new Command("bench:bill")
  .description("Counts on the local cloud what AWS would bill for a million jobs: calls, GB-seconds and log bytes.")
  .option("--scale <factor>", "more or fewer jobs", "1")
  .option("--only <words>", "only what has these words in its name; the rest stays as it is written")
  .option("--write", "write the counts down for docs/cost.md, which `npm run docs` makes");

runBenchmark<{ scale: string; only?: string; write?: true }>(command, { scale: "0.1" }, async (options) => {
  const counts: Counts[] = [];
  const written = existsSync(countsFile) ? (JSON.parse(readFileSync(countsFile, "utf8")) as Counts[]) : [];
  for (const [index, scenario] of scenarios.entries()) {
    const before = written[index];
    if (before && options.only !== undefined && !scenario.name.includes(options.only)) {
      counts.push(before);
      continue;
    }
    const jobs = Math.max(scenario.batch, Math.ceil(scenario.jobs * Number(options.scale)));
    const counted = await measure({ ...scenario, jobs });
    const total = rows.reduce((sum, row) => sum + counted.dollars[row], 0);
    counts.push({ name: scenario.name, target: scenario.target, total, ...counted });
  }
  const misses = counts
    .filter(({ total, target }) => total > target)
    .map(({ name, total, target }) => `${name}: $${total.toFixed(2)} for a million jobs, $${target.toFixed(2)} wanted`);
  const text = JSON.stringify(counts, undefined, 2);
  conclude(options, { counts }, text, misses);
  if (options.write) writeFileSync(countsFile, `${text}\n`);
});
