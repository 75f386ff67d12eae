import { randomUUID } from "node:crypto";

/** A submitter's task, as JSON in its first argument. */
export interface SubmitterTask {
  url: string;
  /** Requests in all. */
  requests: number;
  /** Requests under way at once. */
  concurrency: number;
  /** Jobs in each request; 0 for one job by itself. */
  batch: number;
  type: string;
  payload: unknown;
}

/** Its output: the duration of each request, and of all of them. */
export interface SubmitterReport {
  requestMilliseconds: number[];
  milliseconds: number;
}

/** Requests for the same jobs, at most. */
const maxPosts = 10;

/** The client's side, a process of its own, so that it takes no time from the local cloud's. */
async function main(): Promise<void> {
  const task = JSON.parse(process.argv[2] ?? "") as SubmitterTask;
  const requestMilliseconds: number[] = [];
  const begun = performance.now();
  let left = task.requests;
  const loop = async () => {
    while (left-- > 0) {
      const submitted = performance.now();
      await submit(task);
      requestMilliseconds.push(performance.now() - submitted);
    }
  };
  await Promise.all(Array.from({ length: task.concurrency }, loop));
  const report: SubmitterReport = { requestMilliseconds, milliseconds: performance.now() - begun };
  process.stdout.write(JSON.stringify(report));
}

/** A job that is refused for now is submitted again under its id, as any client does; that takes part in the time. */
async function submit({ url, batch, type, payload }: SubmitterTask): Promise<void> {
  let jobs: Job[] = Array.from({ length: Math.max(1, batch) }, () => ({ id: randomUUID(), type, payload }));
  for (let posts = 1; jobs.length > 0; posts++) {
    const results = await post(url, batch === 0 ? jobs[0]! : jobs);
    const refused = results.filter(({ status }) => status !== 202);
    if (refused.some(({ status }) => status !== 503) || (refused.length > 0 && posts === maxPosts)) {
      throw new Error(`Expected to be accepted, got ${JSON.stringify(refused[0])} after ${posts} requests`);
    }
    jobs = refused.map(({ id }) => ({ id, type, payload }));
  }
}

interface Job {
  id: string;
  type: string;
  payload: unknown;
}

async function post(url: string, body: Job | Job[]): Promise<{ status: number; id: string }[]> {
  const response = await fetch(`${url}${Array.isArray(body) ? "jobs/batch" : "jobs"}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(Array.isArray(body) ? { jobs: body } : body),
  });
  const answer = (await response.json()) as { results?: { status: number; id: string }[] };
  if (!Array.isArray(body)) return [{ status: response.status, id: body.id }];
  if (response.status === 200 && answer.results) return answer.results;
  throw new Error(`Expected 200, got ${response.status}: ${JSON.stringify(answer).slice(0, 300)}`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
