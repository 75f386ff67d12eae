import { setTimeout as sleep } from "node:timers/promises";
import { cpuMilliseconds, type RunningConsumer } from "./consumers";
import { quantiles } from "./quantiles";
import { type BenchQueue, type QueueServer } from "./queueServer";
import { type Work } from "./work";

export interface Figures {
  jobsPerSecond: number;
  /** From the submission of all jobs at once to the start of the handler. */
  waitP50Ms: number;
  waitP99Ms: number;
  callsPerJob: number;
  /** CPU time of the consumer's process; undefined if the system doesn't report it. */
  cpuMsPerJob?: number;
  /** Handlers that started for a job that had started before. */
  duplicates: number;
}

/** The first and the last share of the jobs don't count for the throughput: slots fill, and run out of work. */
const rampShare = 0.05;

const maxMilliseconds = 300_000;

/** Lets the consumer warm up, then gives it all jobs at once and waits until they are removed. */
export async function measure(
  server: QueueServer,
  start: (queue: BenchQueue) => Promise<RunningConsumer>,
  { warmUp, jobs }: { warmUp: Work[]; jobs: Work[] },
): Promise<Figures> {
  const queue = await server.createQueue();
  queue.submit(warmUp);
  const consumer = await start(queue);
  await emptied(queue);
  server.reset();
  const cpuBefore = cpuMilliseconds(consumer.pid);
  const submittedAt = Date.now();
  queue.submit(jobs);
  await emptied(queue);
  const cpuAfter = cpuMilliseconds(consumer.pid);
  const { calls, removals } = { ...server.seen };
  const starts = (await consumer.stop()).filter(([, time]) => time >= submittedAt);
  const waits = starts.map(([, time]) => time - submittedAt);
  const [waitP50Ms = 0, waitP99Ms = 0] = quantiles(waits, [0.5, 0.99]);
  const cpuMs = cpuBefore === undefined || cpuAfter === undefined ? undefined : cpuAfter - cpuBefore;
  return {
    jobsPerSecond: throughput(removals),
    waitP50Ms,
    waitP99Ms,
    callsPerJob: calls / jobs.length,
    ...(cpuMs !== undefined && { cpuMsPerJob: cpuMs / jobs.length }),
    duplicates: starts.length - new Set(starts.map(([id]) => id)).size,
  };
}

async function emptied(queue: BenchQueue): Promise<void> {
  for (const begun = Date.now(); !queue.isEmpty; await sleep(10)) {
    if (Date.now() - begun > maxMilliseconds) throw new Error(`The queue isn't empty after ${maxMilliseconds} ms`);
  }
}

function throughput(removals: number[]): number {
  const sorted = removals.sort((a, b) => a - b);
  const from = Math.floor(sorted.length * rampShare);
  const to = sorted.length - 1 - from;
  return ((to - from) * 1_000) / (sorted[to]! - sorted[from]!);
}
