import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BatchJobProcessor, type BatchJobProcessorArgs, type ProcessorArgs } from "../../../components";
import { packageRoot } from "../../../contract/packageRoot";
import type { CloudOptions } from "../../../local-cloud/cloud";
import { controlHeaders, startTestCloud, type TestCloud, until } from "../../local-cloud/support";
import { expectDocumented } from "../../support/openApi";

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
  reaches(id: string, state: string): Promise<Record<string, unknown>>;
}

/** `args` may be made by the program, with resources beside the component. */
export async function startJourney(
  processors: ProcessorArgs[],
  handlers?: Handlers,
  args: Partial<BatchJobProcessorArgs> | (() => Partial<BatchJobProcessorArgs>) = {},
  options: Partial<CloudOptions> = {},
): Promise<Journey> {
  const test = await startTestCloud({ workerMain: handlers?.workerMain, ...options });
  const program = (changes: Partial<BatchJobProcessorArgs> = {}) => {
    const jobs = new BatchJobProcessor("jobs", {
      processors,
      image: "worker:test",
      network: { vpcId: "vpc-1", subnetIds: ["subnet-1"] },
      ...(typeof args === "function" ? args() : args),
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
      headers: {
        ...(body !== undefined && { "content-type": "application/json" }),
        ...(path.startsWith("/_local/") && controlHeaders(test.cloud)),
        ...headers,
      },
      body: body === undefined || typeof body === "string" ? body : JSON.stringify(body),
    });
    const text = await response.text();
    const answered = (text ? JSON.parse(text) : {}) as Answer["body"];
    expectDocumented(method, path, response.status, response.headers.get("content-type") ?? "", answered);
    return { status: response.status, headers: response.headers, body: answered };
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
    reaches: async (id, state) => {
      let body: Answer["body"] = {};
      const look = async () => ({ body } = await call("GET", `/jobs/${id}`)).body.state === state;
      await until(look, () => `${id} ${state}; it is ${JSON.stringify(body)}`);
      return body;
    },
  };
  return journey;
}

/**
 * Kills the worker that runs the job, as a power failure would. Its log line comes some milliseconds after the event.
 */
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
  /** JavaScript for `note(text)`, for programs that are no handlers. */
  noteSource: string;
  /** The handlers' output, one line each. */
  ledger(): string[];
  /** Lets the job's handler go on that waits with `released(job, context)`. */
  release(jobId: string): void;
  /** Number of the ledger's lines `start <id>`. */
  startsOf(jobId: string): number;
  remove(): void;
}

/**
 * Handlers by name; each is the body of `handle(job, context)`, with `note(text)` to write into the ledger and
 * `released(job, context)` to wait for the test's word.
 * @param reportSeconds how often the worker reports to the fleet table, in place of its own interval
 * @param usageSeconds how often it adds usage to it, likewise
 */
export function createHandlers(
  bodies: Record<string, string>,
  reportSeconds?: number,
  usageSeconds?: number,
): Handlers {
  const folder = mkdtempSync(join(tmpdir(), "batch jobs "));
  const ledgerFile = join(folder, "ledger");
  writeFileSync(ledgerFile, "");
  const dist = join(packageRoot(), "worker-image", "dist");
  for (const file of ["main.js", "handlerMain.js", "valueMain.js", "openTraces.js"])
    cpSync(join(dist, file), join(folder, file));
  // As in the image: `import()` knows no NODE_PATH.
  symlinkSync(join(packageRoot(), "node_modules"), join(folder, "node_modules"));
  for (const [name, seconds] of Object.entries({ reportSeconds, usageSeconds }))
    if (seconds !== undefined) hasten(join(folder, "main.js"), name, seconds);
  mkdirSync(join(folder, "processors"));
  const releases = join(folder, "releases");
  mkdirSync(releases);
  const noteSource = `const note = (text) => require("node:fs").appendFileSync(${JSON.stringify(ledgerFile)}, text + "\\n");`;
  for (const [name, body] of Object.entries(bodies)) {
    writeFileSync(
      join(folder, "processors", `${name}.js`),
      `const { existsSync } = require("node:fs");
${noteSource}
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const released = async (job, { signal }) => {
  while (!existsSync(${JSON.stringify(releases)} + "/" + job.id)) {
    if (signal.aborted) throw new Error("told to stop");
    await sleep(50);
  }
};
exports.default = async function handle(job, context) { ${body} };`,
    );
  }
  const ledger = () => readFileSync(ledgerFile, "utf8").split("\n").filter(Boolean);
  return {
    workerMain: join(folder, "main.js"),
    noteSource,
    ledger,
    release: (jobId) => writeFileSync(join(releases, jobId), ""),
    startsOf: (jobId) => ledger().filter((line) => line === `start ${jobId}`).length,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The bundle says how often the worker reports: nobody waits for half minutes in a test. */
function hasten(workerMain: string, name: string, seconds: number): void {
  const own = new RegExp(`var ${name} = \\d+;`);
  const bundle = readFileSync(workerMain, "utf8");
  if (!own.test(bundle)) throw new Error(`Expected ${String(own)} in the worker's bundle`);
  writeFileSync(workerMain, bundle.replace(own, `var ${name} = ${seconds};`));
}
