import { AsyncLocalStorage } from "node:async_hooks";
import { readFileSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { describe } from "../../../../contract/check";
import { readBundleHeader } from "../../../../contract/handlers/handlerBundle";
import { type JobError } from "../../../../contract/records/record";
import { isPermanent, stackOf, toJobError } from "../../support/errors";
import { shorten } from "../../support/text";
import { checkpointError, encodeCheckpoint, noCheckpoints } from "../encodeCheckpoint";
import { encodeResult } from "../encodeResult";
import { type Handler, type Job, type JobContext } from "../handler";
import { handlerLogBounds, JobLog, maxLineCharacters } from "../jobLog";
import { payloadFileName } from "../placePayload";
import { markVariable } from "../processes/jobProcesses";
import { JobStopped } from "../runner";
import { receiveFromWorker, sendToWorker } from "./handlerChannel";
import { HandlerFrames } from "./handlerFrames";
import { createHandlerLogger } from "./handlerLogger";
import { type HandlerEnd, type HandlerSource, type RunMessage, type ToHandler } from "./handlerMessages";
import { HandlerProgress } from "./handlerProgress";
import { loadInlineModule } from "./inlineModule";
import { inspectable, openInspector, timeForBreakpoints } from "./inspector";
import { RemainsFinder } from "./remains";

/** Entry of a handler's process: loads the handler once, then runs the jobs that the worker sends, one at a time. */
const exit = process.exit.bind(process);
const environment = process.env;
const clock = { now: performance.now.bind(performance) };

interface Loaded {
  handler: Handler;
  remains: RemainsFinder;
}

/** The job for which code runs, even after that job's end. */
const runs = new AsyncLocalStorage<number>();
const running = new Map<number, AbortController>();
/** Logs of the jobs, including ended ones, which may still write. */
const logs = new Map<number, JobLog>();
const keptLogs = 100;
let loading: Promise<Loaded | undefined>;
let frames: HandlerFrames | undefined;

watchErrors();
watchExit();
watchOutput("stdout");
watchOutput("stderr");
receiveFromWorker(onMessage, () => exit(0));

function onMessage(message: ToHandler): void {
  switch (message.kind) {
    case "load":
      loading = load(message);
      return;
    case "run":
      return void runJob(message);
    case "stop":
      return running.get(message.run)?.abort(new JobStopped(message.cause, message.message));
  }
}

/** Undefined if the handler can't be loaded: the worker then ends this process. */
async function load(given: HandlerSource): Promise<Loaded | undefined> {
  const port = environment.WORKER_INSPECT_PORT;
  if (port !== undefined) openInspector(Number(port));
  const source = port === undefined ? given : inspectable(given);
  frames = new HandlerFrames(source.modulePath, path.dirname(__dirname), source.inlineText !== undefined);
  try {
    const handler = await loadHandler(source);
    if (port !== undefined) await timeForBreakpoints();
    const remains = new RemainsFinder();
    sendToWorker({ kind: "ready" });
    return { handler, remains };
  } catch (error) {
    sendToWorker({ kind: "unusable", error: describeError(error) });
    return undefined;
  }
}

async function loadHandler({ modulePath, inlineText }: HandlerSource): Promise<Handler> {
  let exported: unknown =
    inlineText === undefined
      ? await import(pathToFileURL(modulePath).href)
      : await loadInlineModule(inlineText, modulePath);
  // The default of an imported CommonJS module is its module.exports, which may hold the default in turn.
  for (let depth = 0; depth < 3; depth++) {
    if (typeof exported === "function") return exported as Handler;
    if (typeof exported !== "object" || exported === null) break;
    const { handle, default: inner } = exported as { handle?: unknown; default?: unknown };
    if (inner === undefined && typeof handle === "function") return handle.bind(exported) as Handler;
    // What a default export holds isn't a handler.
    if (inner === undefined && depth > 0) break;
    exported = inner;
  }
  const name = (inlineText && readBundleHeader(inlineText)?.name) ?? modulePath;
  throw new Error(
    `Expected ${name} to export a function as its default, or an object with \`handle\`, got ${describe(exported)}`,
  );
}

async function runJob(message: RunMessage): Promise<void> {
  const { run, directory, mark, traceparent } = message;
  const stopping = new AbortController();
  running.set(run, stopping);
  environment[markVariable] = mark;
  if (environment.TMPDIR !== directory) environment.TMPDIR = directory;
  const loaded = await loading;
  if (!loaded) return;
  const { handler, remains } = loaded;
  const job = withPayload(message);
  const log = openLog(run);
  const logger = createHandlerLogger((level, message, fields) => log.log(level, message, fields && { fields }));
  const progress = new HandlerProgress(
    (report) => sendToWorker({ kind: "progress", run, ...report }),
    (message) => logger.warn(message),
  );
  const context = {
    ...{ attempt: job.attempt, directory, signal: stopping.signal, logger, traceparent },
    progress: (fraction: number, note?: string) => progress.report(fraction, note),
    checkpoint: (value: unknown) => keepCheckpoint(message, value),
  };
  const end = await runs.run(run, () => endOf(handler, job, context, message.resultFile));
  progress.flush();
  log.end();
  running.delete(run);
  const spoiltBy = await remains.findSpoiling();
  const hasSpawned = remains.takeSpawned();
  sendToWorker({ kind: "ended", run, end, spoiltBy, hasSpawned, isFolderEmpty: remains.isEmpty(directory) });
}

/** The job with its payload, which is in a file if it is large, or if the handler wants a file. */
function withPayload({ job, directory, payloadFile }: RunMessage): Job {
  if (!payloadFile) return job;
  if (payloadFile.isHandedOver) {
    const file = path.join(directory, payloadFileName);
    renameSync(payloadFile.path, file);
    return { ...job, payloadFile: file };
  }
  const payload = JSON.parse(readFileSync(payloadFile.path, "utf8")) as unknown;
  rmSync(payloadFile.path);
  return { ...job, payload };
}

/** Sent at once, so that even a crash right after it loses none. */
function keepCheckpoint({ run, job, keepsCheckpoints }: RunMessage, value: unknown): void {
  if (!keepsCheckpoints) throw checkpointError(noCheckpoints);
  if (!running.has(run)) {
    throw checkpointError(
      `Expected a checkpoint before the end of attempt ${job.attempt} of job ${job.id}, got one after`,
    );
  }
  sendToWorker({ kind: "checkpoint", run, json: encodeCheckpoint(value) });
}

async function endOf(
  handler: Handler,
  job: Job,
  context: Omit<JobContext, "giveBack">,
  resultFile: string | undefined,
): Promise<HandlerEnd> {
  let givenBack: string | undefined;
  const giveBack = (reason?: string): never => {
    givenBack ??= cutReason(reason);
    throw new Error(`The job is given back: ${givenBack}`);
  };
  const end = await callHandler(handler, job, { ...context, giveBack }, resultFile);
  // A handler that catches all errors can't undo it by accident.
  return givenBack === undefined ? end : { kind: "given-back", reason: givenBack };
}

async function callHandler(
  handler: Handler,
  job: Job,
  context: JobContext,
  file: string | undefined,
): Promise<HandlerEnd> {
  try {
    const encoded = encodeResult(await handler(job, context), { file });
    if (encoded.ok) {
      const { json, file, omitted } = encoded;
      return { kind: "succeeded", json, ...(file ? { file } : omitted && { omitted }) };
    }
    return { kind: "failed", isPermanent: true, error: { name: "ResultError", message: encoded.message } };
  } catch (thrown) {
    const stack = frames?.shown(stackOf(thrown));
    return { kind: "failed", isPermanent: isPermanent(thrown), error: describeError(thrown), stack };
  }
}

/** A thrown value, with the frames of the handler's own code. */
function describeError(thrown: unknown): JobError {
  const found = frames?.of(thrown);
  return { ...toJobError(thrown), ...(found && { frames: found }) };
}

function cutReason(reason: unknown): string {
  return reason === undefined ? "The handler gave the job back" : toJobError(reason).message;
}

function openLog(run: number): JobLog {
  const log = new JobLog(
    clock,
    (level, message, { stream, fields }) => {
      if (stream) sendToWorker({ kind: "output", run, stream, text: message });
      else sendToWorker({ kind: "log", run, level, message, fields });
    },
    undefined,
    handlerLogBounds,
  );
  logs.set(run, log);
  logs.delete(run - keptLogs);
  return log;
}

/** The worker decides about the process: only this process knows the job of the error. */
function watchErrors(): void {
  const report = (thrown: unknown) => {
    const run = runs.getStore();
    if (run !== undefined) logs.get(run)?.end();
    sendToWorker({ kind: "uncaught", run, error: describeError(thrown), stack: frames?.shown(stackOf(thrown)) });
  };
  process.on("uncaughtException", report);
  process.on("unhandledRejection", report);
}

function watchExit(): void {
  process.exit = (code) => {
    sendToWorker({ kind: "exiting", run: runs.getStore(), code: Number(code ?? process.exitCode ?? 0) });
    return exit(code);
  };
}

/** Output after a job's end is still that job's. */
function watchOutput(stream: "stdout" | "stderr"): void {
  const decode = (chunk: string | Uint8Array, encoding: unknown) =>
    typeof chunk === "string" && typeof encoding === "string" && encoding !== "utf8" && encoding !== "utf-8"
      ? Buffer.from(chunk, encoding as BufferEncoding).toString()
      : typeof chunk === "string"
        ? chunk
        : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString();
  process[stream].write = (chunk: string | Uint8Array, encoding?: unknown, callback?: unknown) => {
    write(stream, decode(chunk, encoding), runs.getStore());
    const done = typeof encoding === "function" ? encoding : callback;
    if (typeof done === "function") process.nextTick(done);
    return true;
  };
}

function write(stream: "stdout" | "stderr", text: string, run: number | undefined): void {
  const log = run === undefined ? undefined : logs.get(run);
  const level = stream === "stderr" ? "warn" : "info";
  for (const line of text.split(/\r?\n/)) {
    if (line === "") continue;
    if (log) log.log(level, line, { stream });
    else sendToWorker({ kind: "output", run, stream, text: shorten(line, maxLineCharacters) });
  }
}
