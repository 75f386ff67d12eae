import { execFile } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { type DynamoDBClient, paginateScan } from "@aws-sdk/client-dynamodb";
import { type CallCount, type CallCounter } from "./callCounter";
import { jobType } from "./program";
import type { SubmitterReport, SubmitterTask } from "./submitter";

/** A way to submit. */
export interface Mode {
  name: string;
  /** Jobs in each request; 0 for one job by itself. */
  batch: number;
  concurrency: number;
  jobs: number;
}

export interface Accepted {
  jobsPerSecond: number;
  /** From POST to its answer. */
  answerP50Ms: number;
  answerP99Ms: number;
}

export interface Processed extends Accepted {
  /** From POST to the time in the record at which the job had its result. */
  resultP50Ms: number;
  resultP99Ms: number;
  calls: CallCount[];
  byTime: Record<string, number>;
  /** From the first POST to the last result. */
  seconds: number;
}

const payload = { text: "to be or not to be" };
const maxSeconds = 300;

/** Submits the jobs, and sees how fast they are accepted. */
export async function submitAll(url: string, mode: Mode): Promise<{ figures: Accepted; report: SubmitterReport }> {
  const { batch, concurrency, jobs } = mode;
  const requests = Math.ceil(jobs / Math.max(1, batch));
  const task: SubmitterTask = { url, requests, concurrency, batch, type: jobType, payload };
  const args = [join(__dirname, "submitter.js"), JSON.stringify(task)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 256e6 });
  const report = JSON.parse(stdout) as SubmitterReport;
  const accepted = report.requests.reduce((sum, { ids }) => sum + ids.length, 0);
  const [answerP50Ms, answerP99Ms] = percentiles(report.requests.map(({ milliseconds }) => milliseconds));
  return { figures: { jobsPerSecond: (accepted * 1_000) / report.milliseconds, answerP50Ms, answerP99Ms }, report };
}

/** Submits the jobs, waits until all have their results, and tells what was asked of AWS for it. */
export async function processAll(url: string, mode: Mode, { counter, dynamodb, table }: Work): Promise<Processed> {
  counter.reset();
  const begun = Date.now();
  const { figures, report } = await submitAll(url, mode);
  const requests = report.requests;
  const ids = requests.flatMap((request) => request.ids);
  const finished = await allFinished(ids, { counter, dynamodb, table });
  const [calls, byTime] = [counter.byJob, counter.byTime];
  const results = requests.flatMap(({ begunAt, ids: own }) => own.map((id) => finished.get(id)! - begunAt));
  const [resultP50Ms, resultP99Ms] = percentiles(results);
  const posts = requests.reduce((sum, request) => sum + request.posts, 0);
  return {
    ...figures,
    resultP50Ms,
    resultP99Ms,
    calls: [{ kind: "client: HTTP API request", price: "apiRequest", calls: posts, units: posts }, ...calls],
    byTime,
    seconds: (Math.max(...finished.values()) - begun) / 1_000,
  };
}

interface Work {
  counter: CallCounter;
  dynamodb: DynamoDBClient;
  table: string;
}

/** Times of the jobs' successes, once all have succeeded. Reads the table only when enough messages were deleted. */
async function allFinished(ids: string[], { counter, dynamodb, table }: Work): Promise<Map<string, number>> {
  for (const end = Date.now() + maxSeconds * 1_000; Date.now() < end; await sleep(20)) {
    if (counter.deleted < ids.length) continue;
    const times = await finishTimes(dynamodb, table);
    if (ids.every((id) => times.has(id))) return times;
  }
  throw new Error(`Expected ${ids.length} jobs to succeed within ${maxSeconds} s; ${counter.deleted} are done with`);
}

/**
 * Times of the successes of all jobs in the table. Throws if a record is larger than the write that it is counted as.
 */
async function finishTimes(client: DynamoDBClient, TableName: string): Promise<Map<string, number>> {
  const times = new Map<string, number>();
  for await (const { Items = [] } of paginateScan({ client }, { TableName, ConsistentRead: true })) {
    for (const item of Items) {
      const sizes = Object.entries(item).map(([name, value]) => name.length + JSON.stringify(value).length);
      const bytes = sizes.reduce((sum, size) => sum + size, 0);
      if (bytes > 1_024) throw new Error(`Expected a record of at most 1 KB, got about ${bytes} bytes`);
      if (item.state?.S === "failed") throw new Error(`Expected ${item.id?.S} to succeed, got ${item.error?.S}`);
      if (item.state?.S === "succeeded") times.set(item.id!.S!, Date.parse(item.finishedAt!.S!));
    }
  }
  return times;
}

function percentiles(values: number[]): [p50: number, p99: number] {
  const sorted = values.sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
  return [at(0.5), at(0.99)];
}
