import { AsyncLocalStorage } from "node:async_hooks";
import { pathToFileURL } from "node:url";
import { describe } from "../../contract/check";
import { isPermanent, toJobError } from "./errors";
import { Handler, Job, JobContext, JobLogger } from "./handler";
import { hear, tell } from "./handlerChannel";
import { HandlerEnd, HandlerSource, ToHandler } from "./handlerMessages";
import { loadInlineModule } from "./inlineModule";
import { markVariable } from "./jobProcesses";
import { stringify } from "./log";
import { toProgress } from "./progress";
import { RemainsFinder } from "./remains";
import { encodeResult, JobStopped } from "./runner";

/** Entry of a handler's process: loads the handler once, then runs the jobs that the worker sends, one at a time. */
const exit = process.exit.bind(process);
const environment = process.env;
const { parse } = JSON;

interface Loaded {
  handler: Handler;
  remains: RemainsFinder;
}

/** The job that code runs for, even after that job's end. */
const runs = new AsyncLocalStorage<number>();
const running = new Map<number, AbortController>();
let loading: Promise<Loaded | undefined>;

watchErrors();
watchExit();
watchOutput("stdout");
watchOutput("stderr");
hear(heed, () => exit(0));

function heed(message: ToHandler): void {
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

/** Nothing where the handler can't be loaded: the worker then ends this process. */
async function load(source: HandlerSource): Promise<Loaded | undefined> {
  try {
    const handler = await loadHandler(source);
    const remains = new RemainsFinder();
    tell({ kind: "ready" });
    return { handler, remains };
  } catch (error) {
    tell({ kind: "unusable", error: toJobError(error) });
    return undefined;
  }
}

async function loadHandler({ modulePath, inlineText }: HandlerSource): Promise<Handler> {
  let exported: unknown =
    inlineText === undefined
      ? await import(pathToFileURL(modulePath).href)
      : { default: await loadInlineModule(inlineText, modulePath) };
  // The default of an imported CommonJS module is its module.exports, which may hold the default in turn.
  for (let depth = 0; depth < 2 && typeof exported === "object" && exported !== null; depth++) {
    exported = (exported as { default?: unknown }).default;
  }
  if (typeof exported !== "function") {
    throw new Error(`Expected ${modulePath} to export a function as its default, got ${describe(exported)}`);
  }
  return exported as Handler;
}

async function runJob({ run, job, directory, mark }: Extract<ToHandler, { kind: "run" }>): Promise<void> {
  const stopping = new AbortController();
  running.set(run, stopping);
  environment[markVariable] = mark;
  if (environment.TMPDIR !== directory) environment.TMPDIR = directory;
  const loaded = await loading;
  if (!loaded) return;
  const { handler, remains } = loaded;
  const context = contextOf(run, job, directory, stopping.signal);
  const end = await runs.run(run, () => endOf(handler, job, context));
  running.delete(run);
  const spoiltBy = await remains.findSpoiling();
  const hasSpawned = remains.takeSpawned();
  tell({ kind: "ended", run, end, spoiltBy, hasSpawned, isFolderEmpty: remains.isEmpty(directory) });
}

async function endOf(handler: Handler, job: Job, context: Omit<JobContext, "giveBack">): Promise<HandlerEnd> {
  let givenBack: string | undefined;
  const giveBack = (reason?: string): never => {
    givenBack ??= cutReason(reason);
    throw new Error(`The job is given back: ${givenBack}`);
  };
  const end = await callHandler(handler, job, { ...context, giveBack });
  // Handlers that catch what they didn't expect can't take it back by accident.
  return givenBack === undefined ? end : { kind: "given-back", reason: givenBack };
}

async function callHandler(handler: Handler, job: Job, context: JobContext): Promise<HandlerEnd> {
  try {
    const encoded = encodeResult(await handler(job, context));
    if (encoded.ok) return { kind: "succeeded", json: encoded.json };
    return { kind: "failed", isPermanent: true, error: { name: "ResultError", message: encoded.message } };
  } catch (thrown) {
    const stack = thrown instanceof Error ? thrown.stack : undefined;
    return { kind: "failed", isPermanent: isPermanent(thrown), error: toJobError(thrown), stack };
  }
}

function cutReason(reason: unknown): string {
  return reason === undefined ? "The handler gave the job back" : toJobError(reason).message;
}

function contextOf(run: number, job: Job, directory: string, signal: AbortSignal): Omit<JobContext, "giveBack"> {
  const logger = loggerOf(run);
  return {
    attempt: job.attempt,
    directory,
    signal,
    progress(fraction, note) {
      const progress = toProgress(fraction, note);
      if (progress) tell({ kind: "progress", run, ...progress });
      else logger.warn(`Expected progress as a number from 0 to 1, got ${describe(fraction)}`);
    },
    logger,
  };
}

function loggerOf(run: number): JobLogger {
  const write = (level: keyof JobLogger) => (message: string, fields?: Record<string, unknown>) => {
    // Through JSON: what can't be sent must not fail the job that logs it.
    const plain = fields && (parse(stringify(fields)) as Record<string, unknown>);
    tell({ kind: "log", run, level, message: String(message), fields: plain });
  };
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}

/** The worker decides on the process: the job that it happened to is known here only. */
function watchErrors(): void {
  const report = (thrown: unknown) => {
    const stack = thrown instanceof Error ? thrown.stack : undefined;
    tell({ kind: "uncaught", run: runs.getStore(), error: toJobError(thrown), stack });
  };
  process.on("uncaughtException", report);
  process.on("unhandledRejection", report);
}

function watchExit(): void {
  process.exit = (code) => {
    tell({ kind: "exiting", run: runs.getStore(), code: Number(code ?? process.exitCode ?? 0) });
    return exit(code);
  };
}

/** What is written after a job's end is still that job's. */
function watchOutput(stream: "stdout" | "stderr"): void {
  const decode = (chunk: string | Uint8Array, encoding: unknown) =>
    typeof chunk === "string" && typeof encoding === "string" && encoding !== "utf8" && encoding !== "utf-8"
      ? Buffer.from(chunk, encoding as BufferEncoding).toString()
      : typeof chunk === "string"
        ? chunk
        : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString();
  process[stream].write = (chunk: string | Uint8Array, encoding?: unknown, callback?: unknown) => {
    tell({ kind: "output", run: runs.getStore(), stream, text: decode(chunk, encoding) });
    const done = typeof encoding === "function" ? encoding : callback;
    if (typeof done === "function") process.nextTick(done);
    return true;
  };
}
