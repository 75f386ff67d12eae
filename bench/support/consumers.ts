import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { packageRoot, workerMain } from "../../contract/packageRoot";
import { encodeWorkerSettings } from "../../contract/workerSettings";
import { type BenchQueue, jobTable, jobType, type QueueServer } from "./queueServer";

/** Time of a handler's start, by job id. */
export type Start = [id: string, time: number];

/** Settings of either side. */
export interface ConsumerOptions {
  slots: number;
  visibilityTimeoutSeconds: number;
}

/** A consumer as a process of its own. */
export interface RunningConsumer {
  pid: number;
  /** Ends it; resolves with every start of a handler. */
  stop(): Promise<Start[]>;
}

/** The worker as the image runs it, optionally with more in its environment. */
export async function startWorker(
  server: QueueServer,
  queue: BenchQueue,
  options: ConsumerOptions & { prefetch: number; hasRecords: boolean },
  more: Record<string, string> = {},
): Promise<RunningConsumer> {
  const { hasRecords, ...settings } = options;
  const environment = encodeWorkerSettings({
    ...settings,
    type: jobType,
    queueUrl: queue.url,
    deadLetterQueueUrl: (await server.createQueue()).url,
    ...(hasRecords && { jobTable }),
    handler: path.join(packageRoot(), "dist/bench/support/handler.js"),
    timeoutSeconds: 60,
    maxAttempts: 3,
    acknowledge: "after",
    backoffSeconds: 1,
    maxBackoffSeconds: 1,
    drainSeconds: 5,
    idleSeconds: 0,
    // Without an instance's metadata a worker sends no reports.
    fleetTable: "none",
    scalerFunction: "none",
  });
  return start(workerMain(), { ...server.environment, ...environment, ...more }, startsInLog);
}

/** sqs-consumer. `batches`: with its handler for a whole batch instead of one per message. */
export function startPeer(
  server: QueueServer,
  queue: BenchQueue,
  options: ConsumerOptions & { batches: boolean; consumers: number; batchSize: number },
): Promise<RunningConsumer> {
  const environment = {
    PEER_QUEUE_URL: queue.url,
    PEER_BATCHES: options.batches ? "1" : "",
    PEER_BATCH_SIZE: String(options.batchSize),
    PEER_CONSUMERS: String(options.consumers),
    PEER_VISIBILITY: String(options.visibilityTimeoutSeconds),
  };
  const parse = (output: string) => JSON.parse(output) as Start[];
  return start(path.join(__dirname, "peer.js"), { ...server.environment, ...environment }, parse);
}

function startsInLog(output: string): Start[] {
  const starts: Start[] = [];
  for (const line of output.split("\n")) {
    if (!line) continue;
    const entry = JSON.parse(line) as { event: string; level: string; jobId: string; time: string };
    if (entry.event === "job-started") starts.push([entry.jobId, Date.parse(entry.time)]);
    if (entry.level === "warn" || entry.level === "error") console.error(line);
  }
  return starts;
}

/** Its output goes to a file, so that reading it costs nothing while the clock runs. */
async function start(
  main: string,
  environment: Record<string, string>,
  parse: (output: string) => Start[],
): Promise<RunningConsumer> {
  const folder = await mkdtemp(path.join(tmpdir(), "bench-"));
  const file = await open(path.join(folder, "output"), "w");
  const quiet = { NODE_NO_WARNINGS: "1", AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" };
  const env = { PATH: process.env.PATH, ...quiet, ...environment };
  const child: ChildProcess = spawn(process.execPath, [main], { env, stdio: ["ignore", file.fd, "inherit"] });
  const exited = once(child, "exit");
  await once(child, "spawn");
  return {
    pid: child.pid!,
    async stop() {
      child.kill("SIGTERM");
      await exited;
      await file.close();
      const output = await readFile(path.join(folder, "output"), "utf8");
      await rm(folder, { recursive: true });
      return parse(output);
    },
  };
}

/** CPU milliseconds that the process and its children have used; undefined without /proc. */
export function cpuMilliseconds(pid: number): number | undefined {
  if (!existsSync("/proc")) return undefined;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  return [pid, ...children].reduce((sum, each) => sum + ownMilliseconds(each), 0);
}

function ownMilliseconds(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /, "")
      .split(" ");
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    // It ended meanwhile.
    return 0;
  }
}
