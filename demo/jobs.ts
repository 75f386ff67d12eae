import { setTimeout as sleep } from "node:timers/promises";
import type { Job, JobClient } from "../client/index";

/** A job of the demo, from its submission to its end. */
export interface DemoJob {
  type: string;
  file: string;
  payload: object;
  /** The API's last answer about it. */
  view?: Job<Record<string, unknown>>;
}

/** More often than the client itself reads a job: the demo shows each end at once. */
const pollMilliseconds = 100;

/** Submits the jobs, and reads them until all have ended; reports each that does. */
export async function run(
  client: JobClient,
  jobs: DemoJob[],
  options: { timeoutSeconds: number; onFinished: (job: DemoJob) => void },
): Promise<void> {
  const ids = new Map<DemoJob, string>();
  for (const job of jobs) ids.set(job, (await client.submit(job.type, job.payload)).id);
  const isOpen = ({ view }: DemoJob) => !view || view.state === "queued" || view.state === "running";
  const end = Date.now() + options.timeoutSeconds * 1_000;
  for (let open = jobs; open.length > 0; open = open.filter(isOpen)) {
    if (Date.now() > end) {
      const waiting = open.map(({ type, file, view }) => `  ${type} of ${file}: ${view?.state ?? "queued"}`);
      throw new Error(`Not finished after ${options.timeoutSeconds} s:\n${waiting.join("\n")}`);
    }
    await sleep(pollMilliseconds);
    for (const job of open) {
      job.view = (await client.get(ids.get(job)!)) as Job<Record<string, unknown>>;
      if (!isOpen(job)) options.onFinished(job);
    }
  }
}
