import autocannon, { type Options } from "autocannon";

/** Its output: jobs that were accepted, and how fast. */
export interface SubmitterReport {
  accepted: number;
  seconds: number;
  answerP50Ms: number;
  answerP99Ms: number;
  /** Requests without an answer, and those refused for another reason than that the API is busy. */
  failed: number;
}

/** Sends requests as its first argument says: a process of its own, so that it takes no time from the local cloud's. */
async function main(): Promise<void> {
  const options = JSON.parse(process.argv[2] ?? "") as Options;
  let accepted = 0;
  const verifyBody = (answer: unknown) => {
    const statuses = [...String(answer).matchAll(/"status":(\d+)/g)].map(([, status]) => status);
    accepted += statuses.length === 0 ? 1 : statuses.filter((status) => status === "202").length;
    return statuses.every((status) => status === "202" || status === "503");
  };
  const { errors, non2xx, mismatches, latency, duration } = await autocannon({ ...options, verifyBody });
  const failed = errors + non2xx + mismatches;
  const report: SubmitterReport = {
    ...{ accepted, seconds: duration, answerP50Ms: latency.p50, answerP99Ms: latency.p99, failed },
  };
  process.stdout.write(JSON.stringify(report));
}

void main();
