import { setTimeout as sleep } from "node:timers/promises";

/** A job of the demo, from its submission to its end. */
export interface DemoJob {
  type: string;
  file: string;
  payload: object;
  /** The API's last answer about it. */
  view?: JobView;
}

/** The part of `GET /jobs/{id}` that the demo shows. */
export interface JobView {
  id: string;
  state: string;
  attempts?: number;
  submittedAt?: string;
  startedAt?: string;
  finishedAt?: string;
  result?: Record<string, unknown>;
  error?: { name: string; message: string };
}

const finalStates = ["succeeded", "failed", "cancelled"];
const pollMilliseconds = 100;

export function isFinished(job: DemoJob): boolean {
  return finalStates.includes(job.view?.state ?? "");
}

/** Submits the job over HTTP. */
export async function submit(url: string, job: DemoJob): Promise<void> {
  const response = await fetch(`${url}jobs`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ type: job.type, payload: job.payload }),
  });
  const body = (await response.json()) as JobView & { detail?: string };
  if (response.status !== 202)
    throw new Error(`${job.type} of ${job.file} was refused: ${body.detail ?? response.status}`);
  job.view = body;
}

/** Reads the jobs until all have ended; reports each that does. */
export async function follow(
  url: string,
  jobs: DemoJob[],
  options: { timeoutSeconds: number; onFinished: (job: DemoJob) => void },
): Promise<void> {
  const end = Date.now() + options.timeoutSeconds * 1_000;
  for (let open = jobs; open.length > 0; open = open.filter((job) => !isFinished(job))) {
    if (Date.now() > end) {
      const waiting = open.map(({ type, file, view }) => `  ${type} of ${file}: ${view?.state ?? "not submitted"}`);
      throw new Error(`Not finished after ${options.timeoutSeconds} s:\n${waiting.join("\n")}`);
    }
    await sleep(pollMilliseconds);
    for (const job of open) {
      const response = await fetch(`${url}jobs/${job.view!.id}`);
      if (!response.ok)
        throw new Error(`GET /jobs/${job.view!.id} answered ${response.status}: ${await response.text()}`);
      job.view = (await response.json()) as JobView;
      if (isFinished(job)) options.onFinished(job);
    }
  }
}
