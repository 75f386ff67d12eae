import path from "node:path";
import { DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { leavingExitCode, wedged } from "../../contract/fleet/state";
import { decodeJobType } from "../../contract/jobType";
import { errorFields, type EventName, type Log } from "../../contract/log";
import { type WorkerSettings } from "../../contract/workerSettings";
import { createRunner } from "./createRunner";
import { diskOf } from "./handlers/disk";
import { JobFolders } from "./handlers/jobFolders";
import { maskRunner } from "./handlers/maskRunner";
import { type Runner } from "./handlers/runner";
import { createLifecycle } from "./instance/createLifecycle";
import { DiskRoom } from "./instance/diskRoom";
import { createFleetClient } from "./instance/fleetTable";
import { serveHealth } from "./instance/health";
import { RecentJobs } from "./instance/recentJobs";
import { reportStartFailure } from "./instance/startFailure";
import { type JobEffects } from "./job/effects";
import { type Traces } from "./job/trace";
import { SqsQueue } from "./queue/sqsQueue";
import { type Announce, announceEnds } from "./records/announceEnds";
import { DynamoCheckpoints } from "./records/checkpoints";
import { DynamoRecords } from "./records/dynamoRecords";
import { keepPayloadIn } from "./records/keepPayload";
import { keepInQueue, publishOrKeep } from "./records/keptEvents";
import { type JobRecords } from "./records/records";
import { UntrackedRecords } from "./records/untrackedRecords";
import { fetchSecret } from "./secrets/fetchSecret";
import { readSecrets } from "./secrets/secrets";
import { callTimeouts } from "./services/callTimeouts";
import { gateClient } from "./services/gatedClient";
import { Services } from "./services/services";
import { readOptions, type WorkerOptions } from "./settings";
import { systemClock } from "./support/clock";
import { LineWriter } from "./support/lineWriter";
import { createWorkerLog } from "./support/log";
import { Masking } from "./support/masking";
import { Metrics } from "./support/metrics";
import { loadTraces } from "./traces/loadTraces";
import { createUsage } from "./usage/createUsage";
import { checkFile } from "./values/checkFile";
import { type LargeValues, S3LargeValues } from "./values/largeValues";
import { Worker } from "./worker";

const output = new LineWriter(
  (text) => void process.stdout.write(text),
  () => process.stdout.writableLength,
);
const write = (line: string) => output.write(line);
const masking = new Masking();
const logAs = (common: Parameters<typeof createWorkerLog>[1]) => createWorkerLog(write, common, Date.now, masking);
// Pipes and files take their input before the process is gone.
process.on("exit", () => output.flush());

main().then(
  // A handler's remains must not keep the process alive.
  (exitCode) => process.exit(exitCode),
  (error: unknown) => crash("worker-crashed", error),
);

/** Resolves to the exit code. */
async function main(): Promise<number> {
  const read = readOptions(process.env, path.join(__dirname, "processors"));
  if (!read.ok) {
    await tellBadSettings(read.problems.map(({ path: name, message }) => `${name}: ${message}`));
    return 1;
  }
  const options = read.value;
  const log = logAs({ worker: options.workerId, jobType: options.settings.type });
  process.on("uncaughtException", (error) => crash("worker-crashed", error, log));
  if (options.exitsWithParent) exitWithParent(log);
  if (options.overcommitted) {
    const { slots, maxMemoryMegabytes, overcommitted } = options;
    log("warn", "memory-short", { slots, memoryMegabytes: maxMemoryMegabytes, ...overcommitted });
  }
  try {
    return await runWorker(options, log);
  } catch (error) {
    log("error", "worker-not-started", errorFields(error));
    const reason = masking.text(error instanceof Error ? error.message : String(error));
    await reportStartFailure(reason, options.settings, log);
    return 1;
  }
}

/** Reports settings that no worker starts with; to the scaler, too, if its own variables are there. */
async function tellBadSettings(problems: string[]): Promise<void> {
  const log = logAs({});
  log("error", "worker-not-started", { problems });
  const { WORKER_TYPE: type, WORKER_FLEET_TABLE: fleetTable, WORKER_SCALER_FUNCTION: scalerFunction } = process.env;
  await reportStartFailure(problems.join("; "), { type, fleetTable, scalerFunction }, log);
}

/** Runs a worker until it has drained. Resolves to the exit code. */
async function runWorker(options: WorkerOptions, log: Log): Promise<number> {
  const effects = { fetch: fetchSecret, clock: systemClock, random: Math.random, log };
  const secrets = await readSecrets(options.settings.secrets ?? {}, effects);
  masking.add(Object.values(secrets));
  const folders = new JobFolders(options.scratchDir, log);
  const runner = maskRunner(await createRunner(options, secrets, folders, log), masking);
  const traces = await tracesOf(options, log);
  const { worker, lifecycle, metrics, usage } = await createWorker(options, { runner, traces, folders }, log);
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => worker.drain(signal));
  const onError = (error: Error) => log("error", "health-not-served", errorFields(error));
  const { healthPort } = options.settings;
  if (healthPort !== undefined) serveHealth(healthPort, worker, systemClock, onError);
  metrics.start();
  usage.start();
  lifecycle?.prepare();
  const { isClean } = await worker.run().finally(() => usage.end());
  metrics.stop();
  await traces?.close();
  await lifecycle?.end();
  if (worker.isWedged) return wedged.exitCode;
  if (!isClean) return 1;
  return lifecycle?.isLeaving ? leavingExitCode : 0;
}

async function createWorker(
  options: WorkerOptions,
  { runner, traces, folders }: { runner: Runner; traces: Traces | undefined; folders: JobFolders },
  log: Log,
) {
  const { settings, workerId, slots } = options;
  const { services, sqs, dynamo, recordsGate } = connect(slots);
  const fleetClient = createFleetClient(services);
  const { price, meter: usage } = createUsage(options, fleetClient, log);
  const written = settings.jobTable
    ? new DynamoRecords(dynamo, settings.jobTable, systemClock.now, price)
    : new UntrackedRecords();
  const records = await announced({ settings, records: written, services, sqs, log });
  const recentJobs = new RecentJobs(systemClock);
  const queue = new SqsQueue(sqs, { ...settings, clock: systemClock });
  const lifecycle = createLifecycle({ settings, slots, sqs, queue, services, fleetClient, recentJobs, log });
  const clockAndChance = { clock: systemClock, random: Math.random };
  const metrics = new Metrics({ ...settings, log, busySlots: () => worker.busySlots, ...clockAndChance });
  const worker: Worker = new Worker({
    ...{ settings, workerId, slots, queue, records, runner, traces, usage, services, ...clockAndChance, output },
    ...userData(options, services),
    largeValues: largeValues(options, dynamo, folders, log),
    disk: new DiskRoom({ look: () => diskOf(options.scratchDir), clock: systemClock, log }),
    whenUsable: (signal) => recordsGate.ready(signal),
    log(level, event, fields = {}) {
      metrics.log(level, event, fields);
      recentJobs.note(event, fields);
    },
    onReady: lifecycle && ((ready) => lifecycle.begin(ready)),
  });
  return { worker, lifecycle, metrics, usage };
}

/** The services that every job depends on. */
function connect(slots: number) {
  const services = new Services(systemClock);
  const sqs = gateClient(new SQSClient({ requestHandler: connections(slots) }), services.gate("SQS"));
  const recordsGate = services.gate("DynamoDB");
  const dynamo = gateClient(new DynamoDBClient({ requestHandler: connections(slots) }), recordsGate);
  return { services, sqs, dynamo, recordsGate };
}

/** Undefined without a receiver: nothing of OpenTelemetry is loaded then. */
async function tracesOf({ settings, workerId }: WorkerOptions, log: Log) {
  const { tracesEndpoint: endpoint, tracesHeaders = {}, type } = settings;
  if (endpoint === undefined) return undefined;
  const effects = { fetch: fetchSecret, clock: systemClock, random: Math.random, log };
  let reading: Promise<Record<string, string>> | undefined;
  // Read by the first export: a header that can't be read keeps no job waiting.
  const headers = async () => {
    reading ??= readSecrets(tracesHeaders, effects);
    const values = await reading.catch((error: unknown) => {
      reading = undefined;
      throw error;
    });
    masking.add(Object.values(values));
    return values;
  };
  return loadTraces({ endpoint, headers, type, workerId, clock: systemClock, log });
}

/** Time between two calls while the table of users' data is away; those for other tables come on top. */
const userDataTryMilliseconds = 60_000;

/** With a client of its own, so that only jobs that use checkpoints depend on their table. */
function userData(
  { settings, slots }: WorkerOptions,
  services: Services,
): Pick<JobEffects, "checkpoints" | "keepPayload"> {
  const { payloadTable, keepPayloads, type } = settings;
  if (payloadTable === undefined) return {};
  const gate = services.gate("DynamoDB (payloads)", userDataTryMilliseconds);
  const client = gateClient(new DynamoDBClient({ requestHandler: connections(slots) }), gate);
  const checkpoints = new DynamoCheckpoints(client, payloadTable, type, systemClock);
  return { checkpoints, ...(keepPayloads && { keepPayload: keepPayloadIn(client, payloadTable) }) };
}

/** Payloads are checked by the schema that the type has now. */
function largeValues(
  { settings: { largeValues: bucket, type, schemaTable, payloads }, maxMemoryMegabytes }: WorkerOptions,
  client: DynamoDBClient,
  folders: JobFolders,
  log: Log,
): LargeValues | undefined {
  if (bucket === undefined) return undefined;
  async function check(file: string, signal: AbortSignal) {
    const command = new GetItemCommand({ TableName: schemaTable, Key: { type: { S: type } } });
    const { Item } = schemaTable === undefined ? {} : await client.send(command);
    const schema = Item && decodeJobType(Item).payloadSchema;
    return checkFile(file, schema, { what: "payload", maxMegabytes: maxMemoryMegabytes, signal });
  }
  const clockAndChance = { clock: systemClock, random: Math.random };
  const newFolder = () => folders.fileName();
  const checked = payloads === "file" ? undefined : check;
  return new S3LargeValues({ bucket, type, check: checked, newFolder, ...clockAndChance, log });
}

/** Publishes final states when `events` is on. */
async function announced({
  settings: { eventsTopic, keptEventsQueueUrl },
  records,
  services,
  sqs,
  log,
}: {
  settings: WorkerSettings;
  records: JobRecords;
  services: Services;
  sqs: SQSClient;
  log: Log;
}): Promise<JobRecords> {
  if (eventsTopic === undefined) return records;
  // Loaded here, since most workers publish none.
  const { createTopicClient, EventTopic } = await import("./records/eventTopic.js");
  const topic = new EventTopic(eventsTopic, systemClock, createTopicClient(services.gate("SNS")));
  const publish: Announce = (event) => topic.publish(event);
  if (keptEventsQueueUrl === undefined) return announceEnds(records, publish);
  return announceEnds(records, publishOrKeep({ publish, keep: keepInQueue(sqs, keptEventsQueueUrl), log }));
}

/** Receives have a longer timeout of their own. */
function connections(slots: number) {
  const agent = { keepAlive: true, maxSockets: 2 * slots + 20 };
  return { ...callTimeouts, httpAgent: agent, httpsAgent: agent };
}

/** For local mode: the queue and the table die with the parent, so there is nothing to give back to. */
function exitWithParent(log: Log): void {
  const end = () => crash("worker-orphaned", new Error("The process that started this worker has ended"), log);
  if (!process.connected) end();
  process.on("disconnect", end);
}

/** Running jobs are not lost: their leases end, and their messages reappear. */
function crash(event: EventName, error: unknown, log: Log = logAs({})): never {
  log("error", event, errorFields(error));
  process.exit(1);
}
