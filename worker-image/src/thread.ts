import { pathToFileURL } from "node:url";
import { parentPort, workerData } from "node:worker_threads";
import { describe } from "../../contract/check";
import { isPermanent, toJobError } from "./errors";
import { Handler, Job, JobContext, JobLogger } from "./handler";
import { stringify } from "./log";
import { toProgress } from "./progress";
import { encodeResult, JobStopped } from "./runner";
import { loadInlineModule } from "./inlineModule";
import { FromThread, HandlerEnd, ThreadData, ToThread } from "./threadMessages";

/** Entry of a handler's thread: loads the handler once, then runs the jobs that the worker sends, one at a time. */
const port = parentPort;
if (!port) throw new Error("This module is the entry of a handler's thread and does nothing by itself");

const running = new Map<number, AbortController>();
const loading = loadHandler(workerData as ThreadData);

loading.then(
  () => post({ kind: "ready" }),
  (error: unknown) => post({ kind: "unusable", error: toJobError(error) }),
);

port.on("message", (message: ToThread) => {
  if (message.kind === "run") void runJob(message.run, message.job);
  else running.get(message.run)?.abort(new JobStopped(message.cause, message.message));
});

function post(message: FromThread): void {
  port!.postMessage(message);
}

async function loadHandler({ modulePath, inlineText }: ThreadData): Promise<Handler> {
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

async function runJob(run: number, job: Job): Promise<void> {
  const stopping = new AbortController();
  running.set(run, stopping);
  let givenBack: string | undefined;
  const giveBack = (reason?: string): never => {
    givenBack ??= cutReason(reason);
    throw new Error(`The job is given back: ${givenBack}`);
  };
  const end = await endOf(job, { ...contextOf(run, job, stopping.signal), giveBack });
  running.delete(run);
  // Handlers that catch what they didn't expect can't take it back by accident.
  post(givenBack === undefined ? { ...end, run } : { kind: "given-back", run, reason: givenBack });
}

async function endOf(job: Job, context: JobContext): Promise<HandlerEnd> {
  try {
    const handler = await loading;
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

function contextOf(run: number, job: Job, signal: AbortSignal): Omit<JobContext, "giveBack"> {
  const logger = loggerOf(run);
  return {
    attempt: job.attempt,
    signal,
    progress(fraction, note) {
      const progress = toProgress(fraction, note);
      if (progress) post({ kind: "progress", run, ...progress });
      else logger.warn(`Expected progress as a number from 0 to 1, got ${describe(fraction)}`);
    },
    logger,
  };
}

function loggerOf(run: number): JobLogger {
  const write = (level: keyof JobLogger) => (message: string, fields?: Record<string, unknown>) => {
    // Through JSON: what can't be cloned must not fail the job that logs it.
    const plain = fields && (JSON.parse(stringify(fields)) as Record<string, unknown>);
    post({ kind: "log", run, level, message: String(message), fields: plain });
  };
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}
