import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type HandlerRun, type HandlerTrial } from "../../contract/handlers/handlerTrial";
import type { Log } from "../../contract/log";
import { type JobError } from "../../contract/records/record";
import { runnerOf } from "./createRunner";
import { JobFolders } from "./handlers/jobFolders";
import { maskRunner } from "./handlers/maskRunner";
import { divideMachine, thisMachine } from "./handlers/room";
import { JobStopped, type RunOutcome } from "./handlers/runner";
import { traceOf, traceparentOf } from "./job/trace";
import { Masking } from "./support/masking";
import { toProgress } from "./support/progress";

/** Keeps the attempt's folder until this process ends, for a test to look into. */
class KeptFolders extends JobFolders {
  created = "";

  override create(): string {
    return (this.created = super.create());
  }

  override remove(): Promise<void> {
    return Promise.resolve();
  }
}

/** Roots of the kept folders of this process. */
const roots: string[] = [];

function keepFolders(log: Log): KeptFolders {
  if (roots.length === 0) {
    process.once("exit", () => roots.forEach((root) => rmSync(root, { recursive: true, force: true })));
  }
  const root = mkdtempSync(path.join(tmpdir(), "batch-job-trial-"));
  roots.push(root);
  return new KeptFolders(root, log);
}

/**
 * Runs one attempt of a job by the worker's own runners.
 *
 * @throws Error if the handler can't be loaded.
 */
export async function runTrial(trial: HandlerTrial): Promise<HandlerRun> {
  const { handler, job, timeoutSeconds, memoryMegabytes, environment, secrets, signal } = trial;
  const masking = new Masking();
  masking.add(Object.values(secrets));
  const log = () => undefined;
  const folders = keepFolders(log);
  const bounds = divideMachine({ slots: 1, ...(memoryMegabytes && { memoryMegabytes }) }, thisMachine());
  const variables = { ...process.env, ...environment, ...secrets };
  const surroundings = { ...bounds, timeoutSeconds, folders, environment: variables, log };
  const runner = maskRunner(runnerOf(handler, surroundings), masking);
  const said: Pick<HandlerRun, "progress" | "checkpoints" | "logs"> = { progress: [], checkpoints: [], logs: [] };
  const stopping = new AbortController();
  const onAbort = () => stopping.abort(new JobStopped("drain", "The worker is shutting down"));
  signal?.addEventListener("abort", onAbort);
  const timedOut = {
    name: "TimeoutError",
    message: `The attempt took longer than ${timeoutSeconds} s and was stopped`,
  };
  let timer: NodeJS.Timeout | undefined;
  try {
    await runner.start();
    if (signal?.aborted) onAbort();
    timer = setTimeout(() => stopping.abort(new JobStopped("timeout", timedOut.message)), timeoutSeconds * 1_000);
    const outcome = await runner.run(job, stopping.signal, {
      onProgress(fraction, note) {
        const progress = toProgress(fraction, note);
        if (progress) said.progress.push(progress);
      },
      onCheckpoint: (json) => said.checkpoints.push(JSON.parse(json)),
      resultFolder: path.join(folders.root, "results"),
      traceparent: traceparentOf(traceOf(job, { attempt: job.attempt, claim: 0 }, ""), false),
      onLog: (level, message, about) => said.logs.push({ level, message: masking.text(message), ...about }),
    });
    const { stopCause } = (stopping.signal.reason ?? {}) as Partial<JobStopped>;
    return { ...endOf(outcome, stopCause === "timeout" ? timedOut : undefined), ...said, directory: folders.created };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
    await runner.close();
  }
}

function endOf(
  outcome: RunOutcome,
  timedOut: JobError | undefined,
): Omit<HandlerRun, "progress" | "checkpoints" | "logs" | "directory"> {
  if (timedOut) return { outcome: "failed", error: timedOut, isPermanent: false };
  switch (outcome.kind) {
    case "succeeded":
      return {
        outcome: "succeeded",
        result: outcome.file ? (JSON.parse(readFileSync(outcome.file.path, "utf8")) as unknown) : outcome.result,
      };
    case "failed":
      return { outcome: "failed", error: outcome.error, isPermanent: outcome.isPermanent };
    case "given-back":
      return { outcome: "given-back", reason: outcome.reason };
    case "stopped":
      return { outcome: "given-back" };
  }
}
