import { createHash } from "node:crypto";
import path from "node:path";
import { systemClock } from "./clock";
import { CommandRunner } from "./commandRunner";
import { findHandler } from "./handlerPath";
import { downloadHandler } from "./inlineHandler";
import { Log } from "./log";
import { Runner } from "./runner";
import { WorkerOptions } from "./settings";
import { ThreadRunner } from "./threadRunner";

/** The runner of the kind of handler that the worker was given; rejects, with the reason, where it can't be had. */
export async function createRunner(options: WorkerOptions, log: Log): Promise<Runner> {
  const { command, handler, inlineHandler, timeoutSeconds } = options.settings;
  if (command) {
    return new CommandRunner({ command, timeoutSeconds, environment: process.env, clock: systemClock });
  }
  const source = inlineHandler === undefined ? moduleOf(handler!, options) : await inline(inlineHandler, options, log);
  return new ThreadRunner({
    ...source,
    entryPath: path.join(__dirname, "thread.js"),
    maxHeapMegabytes: options.maxHeapMegabytes,
    clock: systemClock,
    onStrayOutput: (level, line) => log(level, "handler-output", { message: line }),
  });
}

function moduleOf(handler: string, { processorsDir }: WorkerOptions): { modulePath: string } {
  return { modulePath: findHandler(handler, processorsDir) };
}

/** It stands where the image's handlers do, so that the same packages resolve. */
async function inline(url: string, { processorsDir }: WorkerOptions, log: Log) {
  // Nothing is lost by ending a worker that hasn't started: signals end it as they end any process.
  const { signal } = new AbortController();
  const inlineText = await downloadHandler(url, { clock: systemClock, random: Math.random, log, signal });
  const name = createHash("sha256").update(url).digest("hex").slice(0, 12);
  return { inlineText, modulePath: path.join(processorsDir, `inline-${name}.js`) };
}
