import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { BatchJobProcessor, BatchJobProcessorArgs, ProcessorArgs } from "../../components";
import type { CloudOptions } from "../../local/cloud";
import { packageRoot } from "../../local/packageFolder";
import { startTestCloud, TestCloud, until } from "../local/support";

export interface Answer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

/** The component, up in a local cloud of its own. */
export interface Journey extends TestCloud {
  url: string;
  outputs: {
    queueUrls: Record<string, string>;
    deadLetterQueueUrls: Record<string, string>;
    unroutableQueueUrl: string;
    routerFailureQueueUrl: string;
    topicArn: string;
    eventsTopicArn?: string;
    jobTable: string;
  };
  /** Calls the API; a body that isn't a text is sent as JSON. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Submits a job and gives its id. */
  submit(type: string, payload: unknown, more?: object): Promise<string>;
  /** Deploys the program once more in the place of itself, with other inputs of the component. */
  redeploy(changes: Partial<BatchJobProcessorArgs>): Promise<void>;
  /** Asks after the job until the state is reached. */
  reaches(id: string, state: string, seconds?: number): Promise<Record<string, unknown>>;
}

export async function startJourney(
  processors: ProcessorArgs[],
  handlers?: Handlers,
  args: Partial<BatchJobProcessorArgs> = {},
  options: CloudOptions = {},
): Promise<Journey> {
  const test = await startTestCloud({ workerMain: handlers?.workerMain, ...options });
  const program = (changes: Partial<BatchJobProcessorArgs> = {}) => {
    const jobs = new BatchJobProcessor("jobs", {
      processors,
      image: "worker:test",
      vpcId: "vpc-1",
      subnetIds: ["subnet-1"],
      environment: { NODE_PATH: join(packageRoot(), "node_modules") },
      ...args,
      ...changes,
    });
    const { url, queueUrls, deadLetterQueueUrls, unroutableQueueUrl, routerFailureQueueUrl, topicArn } = jobs;
    const urls = { url, queueUrls, deadLetterQueueUrls, unroutableQueueUrl, routerFailureQueueUrl, topicArn };
    return { ...urls, jobTable: jobs.jobTableName, eventsTopicArn: jobs.eventsTopicArn };
  };
  const outputs = (await test.up(program)) as Journey["outputs"] & { url: string };
  const url = outputs.url.replace(/\/$/, "");
  const call = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(url + path, {
      method,
      headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
      body: body === undefined || typeof body === "string" ? body : JSON.stringify(body),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: (text ? JSON.parse(text) : {}) as Answer["body"],
    };
  };
  const journey: Journey = {
    ...test,
    url,
    outputs,
    call,
    redeploy: async (changes) => {
      await test.update(() => program(changes));
    },
    submit: async (type, payload, more = {}) => {
      const { status, body } = await call("POST", "/jobs", { type, payload, ...more });
      if (status !== 202) throw new Error(`Expected 202, got ${status}: ${JSON.stringify(body)}`);
      return body.id as string;
    },
    reaches: async (id, state, seconds = 15) => {
      const end = Date.now() + seconds * 1_000;
      for (;;) {
        const { body } = await call("GET", `/jobs/${id}`);
        if (body.state === state) return body;
        if (Date.now() > end)
          throw new Error(`Expected ${id} to be ${state} within ${seconds} s, got ${JSON.stringify(body)}`);
        await sleep(50);
      }
    },
  };
  return journey;
}

/** Kills the worker that runs the job, as a power failure would. Its log line comes some milliseconds after the event. */
export async function killWorkerOf({ cloud, logs }: Journey, jobId: string): Promise<void> {
  const find = () =>
    cloud.groups
      .list()
      .flatMap((group) => group.instances)
      .find(({ id }) => logs.some(({ name, line }) => name === id && line.includes(jobId)));
  await until(find);
  find()!.kill();
}

/** A copy of the worker's bundle with handlers of the test's own, and a ledger that they write to. */
export interface Handlers {
  workerMain: string;
  /** What the handlers wrote, a line each. */
  ledger(): string[];
  remove(): void;
}

/** Handlers by name; each is the body of `handle(job, context)`, with `note(text)` to write into the ledger. */
export function createHandlers(bodies: Record<string, string>): Handlers {
  const folder = mkdtempSync(join(tmpdir(), "batch jobs "));
  const ledgerFile = join(folder, "ledger");
  writeFileSync(ledgerFile, "");
  const dist = join(packageRoot(), "worker-image", "dist");
  for (const file of ["main.js", "thread.js"]) cpSync(join(dist, file), join(folder, file));
  mkdirSync(join(folder, "processors"));
  for (const [name, body] of Object.entries(bodies)) {
    writeFileSync(
      join(folder, "processors", `${name}.js`),
      `const { appendFileSync } = require("node:fs");
const note = (text) => appendFileSync(${JSON.stringify(ledgerFile)}, text + "\\n");
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
exports.default = async function handle(job, context) { ${body} };`,
    );
  }
  return {
    workerMain: join(folder, "main.js"),
    ledger: () => readFileSync(ledgerFile, "utf8").split("\n").filter(Boolean),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
