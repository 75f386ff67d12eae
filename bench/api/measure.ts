import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
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

const payload = { text: "to be or not to be" };

/** Submits the jobs, and sees how fast they are accepted. */
export async function submitAll(url: string, { batch, concurrency, jobs }: Mode): Promise<Accepted> {
  const requests = Math.ceil(jobs / Math.max(1, batch));
  const task: SubmitterTask = { url, requests, concurrency, batch, type: jobType, payload };
  const args = [join(__dirname, "submitter.js"), JSON.stringify(task)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 256e6 });
  const report = JSON.parse(stdout) as SubmitterReport;
  const sorted = report.requestMilliseconds.sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
  return {
    jobsPerSecond: (requests * Math.max(1, batch) * 1_000) / report.milliseconds,
    answerP50Ms: at(0.5),
    answerP99Ms: at(0.99),
  };
}
