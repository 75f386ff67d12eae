import { createHash } from "node:crypto";
import path from "node:path";
import { systemClock } from "./support/clock";
import { CommandRunner } from "./handlers/commands/commandRunner";
import { GpuPool } from "./handlers/gpuPool";
import { findHandler } from "./handlers/handlerPath";
import { HandlerRunner } from "./handlers/javascript/handlerRunner";
import { downloadHandler } from "./handlers/javascript/inlineHandler";
import { JobFolders } from "./handlers/jobFolders";
import { JobProcesses, markVariable } from "./handlers/jobProcesses";
import { Log } from "../../contract/log";
import { ProcessGroups } from "./handlers/processGroups";
import { Runner } from "./handlers/runner";
import { WorkerOptions } from "./settings";

/**
 * Creates the runner for the worker's kind of handler, with the secrets in its environment; rejects, with the
 * reason, if the handler is missing.
 */
export async function createRunner(options: WorkerOptions, secrets: Record<string, string>, log: Log): Promise<Runner> {
  const { command, handler, inlineHandler, timeoutSeconds } = options.settings;
  const processes = new JobProcesses(systemClock);
  const groups = new ProcessGroups(`${markVariable}=${processes.prefix}`);
  const folders = new JobFolders(options.scratchDir, log);
  const { maxMemoryMegabytes, gpus: count } = options;
  const gpus = count === undefined ? undefined : new GpuPool(count);
  const environment = { ...process.env, ...secrets };
  const shared = { processes, groups, folders, gpus, maxMemoryMegabytes, environment, clock: systemClock, log };
  if (command) return new CommandRunner({ ...shared, command, timeoutSeconds });
  const source = inlineHandler === undefined ? moduleOf(handler!, options) : await inline(inlineHandler, options, log);
  const entryPath = path.join(__dirname, "handlerMain.js");
  return new HandlerRunner({ ...shared, ...source, entryPath, maxHeapMegabytes: options.maxHeapMegabytes });
}

function moduleOf(handler: string, { processorsDir }: WorkerOptions): { modulePath: string } {
  return { modulePath: findHandler(handler, processorsDir) };
}

/** It is placed beside the image's handlers, so that the same packages resolve. */
async function inline(url: string, { processorsDir }: WorkerOptions, log: Log) {
  // Ending a worker before its start loses nothing: signals end it as they end any process.
  const { signal } = new AbortController();
  const inlineText = await downloadHandler(url, { clock: systemClock, random: Math.random, log, signal });
  const name = createHash("sha256").update(url).digest("hex").slice(0, 12);
  return { inlineText, modulePath: path.join(processorsDir, `inline-${name}.js`) };
}
