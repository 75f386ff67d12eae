import { join } from "node:path";
import autocannon from "autocannon";
import { jobType } from "./program";

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

/** Submits the jobs from a thread, and sees how fast they are accepted. @throws Error if one is refused */
export async function submitAll(url: string, { batch, concurrency, jobs }: Mode): Promise<Accepted> {
  const perRequest = Math.max(1, batch);
  const amount = Math.ceil(jobs / perRequest);
  const result = await autocannon({
    url: `${url}${batch === 0 ? "jobs" : "jobs/batch"}`,
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(batch === 0 ? job : { jobs: Array.from({ length: batch }, () => job) }),
    connections: Math.min(concurrency, amount),
    amount,
    workers: 1,
    // With workers it is a path, which the types don't know.
    verifyBody: join(__dirname, "isAccepted.js") as never,
  });
  const { errors, non2xx, mismatches, latency, duration } = result;
  if (errors + non2xx + mismatches > 0) {
    throw new Error(`Expected all jobs to be accepted, got ${JSON.stringify({ errors, non2xx, mismatches })}`);
  }
  const jobsPerSecond = (result["2xx"] * perRequest) / duration;
  return { jobsPerSecond, answerP50Ms: latency.p50, answerP99Ms: latency.p99 };
}
