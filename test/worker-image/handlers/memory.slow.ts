import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { startWorker } from "../../../bench/support/consumers";
import { startQueueServer } from "../../../bench/support/queueServer";
import { readProcesses } from "../../../worker-image/src/handlers/processes/processTable";
import { fixturesFolder } from "../helpers/build";

const warmUpJobs = 10_000;
const jobs = 100_000;
/** So many lie in the queue at once, at most. */
const portion = 5_000;
const maxGrowthMegabytes = 20;

/** A real worker process with nothing to do but its own work, a hundred thousand times. */
describe("The worker's memory", () => {
  it("stays flat over 100,000 jobs", async function () {
    if (process.platform !== "linux") this.skip();
    const folder = await mkdtemp(path.join(tmpdir(), "memory-"));
    const file = path.join(folder, "held");
    const server = await startQueueServer(0);
    const queue = await server.createQueue();
    const options = { slots: 10, prefetch: 100, hasRecords: false, visibilityTimeoutSeconds: 30 };
    const worker = await startWorker(server, queue, options, {
      NODE_OPTIONS: `--expose-gc --require=${path.join(fixturesFolder, "heapProbe.cjs")}`,
      HEAP_PROBE_FILE: file,
    });
    const work = async (count: number) => {
      for (let done = 0; done < count; done += portion) {
        queue.submit(Array.from({ length: portion }, () => ({ kind: "nothing" as const })));
        while (!queue.isEmpty) await sleep(10);
        server.reset();
      }
    };
    /** Memory of the worker and its handlers after a garbage collection. The resident set rises until they collect. */
    const heldMegabytes = async () => {
      const handlers = readProcesses().filter(({ pid, parent }) => parent === worker.pid && isHandler(pid));
      let bytes = 0;
      for (const pid of [worker.pid, ...handlers.map((handler) => handler.pid)]) {
        await rm(`${file}-${pid}`, { force: true });
        process.kill(pid, "SIGUSR2");
        for (let held = 0; held === 0; bytes += held) {
          await sleep(50);
          held = Number(await readFile(`${file}-${pid}`, "utf8").catch(() => ""));
        }
      }
      return bytes / 1_024 ** 2;
    };
    const samples: number[] = [];
    await work(warmUpJobs);
    samples.push(await heldMegabytes());
    for (let quarter = 0; quarter < 4; quarter++) {
      await work(jobs / 4);
      samples.push(await heldMegabytes());
    }
    const starts = await worker.stop();
    await server.close();
    await rm(folder, { recursive: true });
    console.log(`      MB held, each ${jobs / 4} jobs: ${samples.map((sample) => sample.toFixed(1)).join(" ")}`);
    expect(starts).to.have.length(warmUpJobs + jobs);
    expect(samples.at(-1)! - samples[0]!).to.be.below(maxGrowthMegabytes);
  });
});

function isHandler(pid: number): boolean {
  return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("handlerMain");
}
