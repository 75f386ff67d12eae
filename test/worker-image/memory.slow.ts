import { expect } from "chai";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { startWorker } from "../../bench/support/consumers";
import { startQueueServer } from "../../bench/support/queueServer";

const warmUpJobs = 30_000;
const jobs = 100_000;
/** So many lie in the queue at once, at most. */
const portion = 5_000;
const maxGrowthMegabytes = 20;

/** A real worker process with nothing to do but its own work, a hundred thousand times. */
describe("The worker's memory", function () {
  this.timeout(240_000);

  it("stays flat over 100,000 jobs", async function () {
    if (process.platform !== "linux") this.skip();
    const server = await startQueueServer(0);
    const queue = await server.createQueue();
    const options = { slots: 10, prefetch: 100, hasRecords: false, visibilityTimeoutSeconds: 30 };
    const worker = await startWorker(server, queue, options);
    const samples: number[] = [];
    const work = async (count: number) => {
      for (let done = 0; done < count; done += portion) {
        queue.submit(Array.from({ length: portion }, () => ({ kind: "nothing" as const })));
        while (!queue.isEmpty) await sleep(10);
        server.reset();
        samples.push(await residentMegabytes(worker.pid));
      }
    };
    await work(warmUpJobs);
    await work(jobs);
    const starts = await worker.stop();
    await server.close();
    expect(starts).to.have.length(warmUpJobs + jobs);
    const afterWarmUp = samples.slice(0, warmUpJobs / portion);
    // Between two collections memory rises: the median of a stretch tells a leak from that.
    const [before, after] = [median(afterWarmUp.slice(-4)), median(samples.slice(-4))];
    console.log(`      RSS in MB, each ${portion} jobs: ${samples.map((sample) => sample.toFixed(0)).join(" ")}`);
    console.log(`      from ${before.toFixed(1)} to ${after.toFixed(1)} MB`);
    expect(after - before).to.be.below(maxGrowthMegabytes);
  });
});

async function residentMegabytes(pid: number): Promise<number> {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(await readFile(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kilobytes) / 1_024;
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}
