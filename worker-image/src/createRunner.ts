import { createHash } from "node:crypto";
import path from "node:path";
import { type Log } from "../../contract/log";
import { CommandRunner } from "./handlers/commands/commandRunner";
import { GpuPool } from "./handlers/gpuPool";
import { findHandler } from "./handlers/handlerPath";
import { type HandlerSource } from "./handlers/javascript/handlerMessages";
import { HandlerRunner } from "./handlers/javascript/handlerRunner";
import { downloadHandler } from "./handlers/javascript/inlineHandler";
import { type JobFolders } from "./handlers/jobFolders";
import { JobProcesses, markVariable } from "./handlers/processes/jobProcesses";
import { ProcessGroups } from "./handlers/processes/processGroups";
import { type Room } from "./handlers/room";
import { type Runner } from "./handlers/runner";
import { type WorkerOptions } from "./settings";
import { systemClock } from "./support/clock";
import { checkFile } from "./values/checkFile";

/** The handler: a command, a module, or the text of a module that stands in for a file of that path. */
export type RunnerSource = { command: string[] } | HandlerSource;

/** Folders, bounds and surroundings of the jobs that a runner runs. */
export interface RunnerSurroundings extends Pick<Room, "gpus" | "maxHeapMegabytes" | "maxMemoryMegabytes"> {
  payloads?: WorkerOptions["settings"]["payloads"];
  timeoutSeconds: number;
  folders: JobFolders;
  /** Environment of the handler. */
  environment: Record<string, string | undefined>;
  log: Log;
}

/**
 * Creates the runner for the worker's kind of handler, with the secrets in its environment; rejects, with the
 * reason, if the handler is missing.
 */
export async function createRunner(
  options: WorkerOptions,
  secrets: Record<string, string>,
  folders: JobFolders,
  log: Log,
): Promise<Runner> {
  const { timeoutSeconds, payloads } = options.settings;
  const environment = { ...process.env, ...secrets };
  return runnerOf(await sourceOf(options, log), { ...options, timeoutSeconds, payloads, folders, environment, log });
}

/** The runner of a handler. */
export function runnerOf(source: RunnerSource, surroundings: RunnerSurroundings): Runner {
  const { gpus: count, maxHeapMegabytes, maxMemoryMegabytes, timeoutSeconds, folders, environment, log } = surroundings;
  const processes = new JobProcesses(systemClock);
  const groups = new ProcessGroups(`${markVariable}=${processes.prefix}`);
  const gpus = count === undefined ? undefined : new GpuPool(count);
  const { payloads } = surroundings;
  const shared = {
    payloads,
    processes,
    groups,
    folders,
    gpus,
    maxMemoryMegabytes,
    environment,
    clock: systemClock,
    log,
  };
  if ("command" in source) {
    const checkResult = (file: string) => checkResultFile(file, maxMemoryMegabytes);
    return new CommandRunner({ ...shared, command: source.command, timeoutSeconds, checkResult });
  }
  return new HandlerRunner({
    ...shared,
    ...source,
    maxHeapMegabytes,
    entryPath: path.join(__dirname, "handlerMain.js"),
  });
}

/** A result for which the memory of a job doesn't suffice is taken as it is: the job is done. */
async function checkResultFile(file: string, maxMegabytes: number): Promise<string | undefined> {
  const [problem] = await checkFile(file, undefined, { what: "result", maxMegabytes }).catch(() => []);
  return problem && `it can't be read: ${problem.path}: ${problem.message}`;
}

async function sourceOf(options: WorkerOptions, log: Log): Promise<RunnerSource> {
  const { command, handler, inlineHandler } = options.settings;
  if (command) return { command };
  return inlineHandler === undefined ? moduleOf(handler!, options) : inline(inlineHandler, options, log);
}

function moduleOf(handler: string, { processorsDirs }: WorkerOptions): { modulePath: string } {
  return { modulePath: findHandler(handler, processorsDirs) };
}

/** It is placed beside the image's handlers, so that the same packages resolve. */
async function inline(url: string, { processorsDirs }: WorkerOptions, log: Log) {
  const inlineText = await downloadHandler(url, { clock: systemClock, random: Math.random, log });
  const name = createHash("sha256").update(url).digest("hex").slice(0, 12);
  return { inlineText, modulePath: path.join(processorsDirs[0]!, `inline-${name}.js`) };
}
