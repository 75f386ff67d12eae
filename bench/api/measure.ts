import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Options } from "autocannon";
import { jobType } from "./program";
import { type SubmitterReport } from "./submitter";

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

const job = { type: jobType, payload: { text: "to be or not to be" } };

/** Submits the jobs, and sees how fast they are accepted; those that the API is too busy to take don't count. */
export async function submitAll(url: string, { batch, concurrency, jobs }: Mode): Promise<Accepted> {
  const amount = Math.ceil(jobs / Math.max(1, batch));
  const options: Options = {
    url: `${url}${batch === 0 ? "jobs" : "jobs/batch"}`,
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(batch === 0 ? job : { jobs: Array.from({ length: batch }, () => job) }),
    connections: Math.min(concurrency, amount),
    amount,
  };
  const args = [join(__dirname, "submitter.js"), JSON.stringify(options)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const { accepted, seconds, failed, ...answers } = JSON.parse(stdout) as SubmitterReport;
  if (failed > 0) throw new Error(`Expected all requests to be taken, got ${failed} of ${amount} that failed`);
  return { jobsPerSecond: accepted / seconds, ...answers };
}
