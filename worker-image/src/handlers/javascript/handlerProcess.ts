import { type ChildProcess, spawn } from "node:child_process";
import { type Readable, type Writable } from "node:stream";
import { type Log } from "../../../../contract/log";
import { type JobError } from "../../../../contract/records/record";
import { type Clock } from "../../support/clock";
import { toJobError } from "../../support/errors";
import { type Line, LineReader } from "../../support/lineReader";
import { shorten } from "../../support/text";
import { explainFullDisk } from "../disk";
import { type Gpu, type GpuPool } from "../gpuPool";
import { type Job } from "../handler";
import { type JobFolders } from "../jobFolders";
import { maxLineCharacters } from "../jobLog";
import { type JobProcesses, markVariable, type TrackedJob } from "../jobProcesses";
import { type KernelKill, killedByKernel, noteKernelKill, outOfMemory, preferForKill } from "../memory";
import { pour } from "../pour";
import { type ProcessGroups, signalGroup } from "../processGroups";
import {
  type JobStopped,
  killGraceMilliseconds,
  type RunEvents,
  type RunOutcome,
  unkillableMilliseconds,
} from "../runner";
import { SaidLines } from "../saidLines";
import { channel } from "./handlerChannel";
import { type FromHandler, type HandlerEnd, type HandlerSource, type Remains, type ToHandler } from "./handlerMessages";

export interface HandlerProcessOptions extends HandlerSource {
  /** Absolute path of the process's entry, `handlerMain.js`. */
  entryPath: string;
  /** Most memory of the handler's JavaScript heap. */
  maxHeapMegabytes: number;
  /** Most memory that its process and those that it starts may hold together. */
  maxMemoryMegabytes: number;
  /** Environment of the handler. @default - the worker's own */
  environment?: Record<string, string | undefined>;
  processes: JobProcesses;
  groups: ProcessGroups;
  folders: JobFolders;
  /** The GPUs, of which each process gets one. @default - none */
  gpus?: GpuPool | undefined;
  clock: Clock;
  log: Log;
}

/** Outcome of a run in one process; `interrupted`: the process died, and perhaps not because of this job. */
export type HandlerOutcome = RunOutcome | { kind: "interrupted" };

interface Run {
  number: number;
  job: Pick<Job, "id" | "attempt">;
  events: RunEvents;
}

interface CurrentRun extends Run {
  signal: AbortSignal;
  finish(outcome: HandlerOutcome): void;
}

/** Cause of a process's end. */
interface Death {
  code: number | null;
  signal: NodeJS.Signals | null;
  error?: Error;
  kernelKill?: KernelKill | undefined;
}

/** Most characters of a message of the process: bounds what it sends. */
const maxMessageCharacters = 4_000_000;

/** Number of ended jobs of the process that are still known. */
const keptRuns = 100;

/** Longest wait for a process's last messages after it has ended. */
const lastWordsMilliseconds = 1_000;

/**
 * A process with a loaded handler; runs one job at a time, and can be killed at any time. Processes that it starts are
 * killed at each job's end. Errors and output belong to the job that caused them, even after its end.
 */
export class HandlerProcess {
  /** Resolves when the handler is loaded; rejects if it can't be. */
  readonly ready: Promise<void>;
  isAlive = true;
  private readonly child: ChildProcess;
  private readonly exited: Promise<void>;
  private readonly tracked: TrackedJob;
  private readonly gpu: Gpu | undefined;
  private readonly runs = new Map<number, Run>();
  private said = new SaidLines();
  private current?: CurrentRun;
  private count = 0;
  private directory?: string;
  private death?: JobError;
  private culprit?: number;
  private isDeathLogged = false;
  private isReady = false;
  private isHeapFull = false;
  private killing?: Promise<boolean>;
  private settleReady!: { resolve(): void; reject(error: Error): void };

  constructor(private readonly options: HandlerProcessOptions) {
    const { processes, groups, maxMemoryMegabytes, modulePath, inlineText, environment = process.env } = options;
    this.ready = new Promise((resolve, reject) => (this.settleReady = { resolve, reject }));
    // Without a caller waiting for it, the failure shows at the job that it runs.
    this.ready.catch(() => undefined);
    const mark = processes.createMark();
    this.gpu = options.gpus?.take();
    this.child = spawn(process.execPath, [...nodeOptions(options), options.entryPath], {
      env: { ...environment, ...this.gpu?.environment, [markVariable]: mark },
      stdio: ["ignore", "pipe", "pipe", "pipe", "pipe"],
      detached: true,
    });
    const root = this.child.pid ?? -1;
    this.tracked = processes.track({
      ...{ root, isRootKept: true, mark, spareMark: mark, maxBytes: maxMemoryMegabytes * 1_024 ** 2 },
      onTooLarge: (bytes) => this.condemn(outOfMemory("handler", bytes, maxMemoryMegabytes)),
    });
    if (this.child.pid !== undefined) {
      groups.add(this.child.pid);
      preferForKill(this.child.pid);
    }
    this.exited = this.follow();
    this.listen(this.child.stdout!, "stdout");
    this.listen(this.child.stderr!, "stderr");
    (this.child.stdio[channel.input] as Writable).on("error", () => undefined);
    this.post({ kind: "load", modulePath, inlineText });
  }

  /** Resolves once the job has ended, or the process is dead or can't be killed; never rejects. */
  run(job: Job, signal: AbortSignal, events: RunEvents): Promise<HandlerOutcome> {
    const number = ++this.count;
    this.said = new SaidLines();
    const directory = (this.directory ??= this.options.folders.create());
    this.tracked.folder = directory;
    this.tracked.mark = `${this.tracked.spareMark!}-${number}`;
    return new Promise((resolve) => {
      let cancelKill = () => {};
      const onStop = () => {
        const { stopCause: cause, message } = signal.reason as JobStopped;
        this.post({ kind: "stop", run: number, cause, message });
        cancelKill = this.options.clock.after(killGraceMilliseconds, () => void this.killCurrent());
      };
      const finish = (outcome: HandlerOutcome) => {
        this.current = undefined;
        signal.removeEventListener("abort", onStop);
        cancelKill();
        const isStuck = outcome.kind === "stopped" && outcome.isStuck;
        resolve(signal.aborted ? { kind: "stopped", ...(isStuck && { isStuck }) } : outcome);
      };
      const run = { number, job: { id: job.id, attempt: job.attempt }, events };
      this.current = { ...run, signal, finish };
      this.remember(run);
      if (events.mayBegin?.() === false) return finish({ kind: "stopped" });
      signal.addEventListener("abort", onStop);
      const keepsCheckpoints = events.onCheckpoint !== undefined;
      this.post({ kind: "run", run: number, job, directory, mark: this.tracked.mark, keepsCheckpoints });
    });
  }

  /** Kills the process if its job is stopping. */
  killNow(): void {
    if (this.current?.signal.aborted) void this.killCurrent();
  }

  /** Resolves to true once the process is dead, or to false if it can't be killed. */
  kill(): Promise<boolean> {
    this.isAlive = false;
    this.killing ??= this.end();
    return this.killing;
  }

  private async end(): Promise<boolean> {
    const { clock, processes } = this.options;
    // Its children first: once it is gone, they can no longer be traced to it.
    processes.kill(this.tracked);
    signalGroup(this.tracked.root, "SIGKILL");
    let giveUp = () => {};
    const isDead = await Promise.race([
      this.exited.then(() => true),
      new Promise<boolean>((resolve) => (giveUp = clock.after(unkillableMilliseconds, () => resolve(false)))),
    ]);
    giveUp();
    return isDead;
  }

  private async killCurrent(): Promise<void> {
    const current = this.current;
    if (await this.kill()) return;
    if (this.current === current) current?.finish({ kind: "stopped", isStuck: true });
  }

  private condemn(error: JobError, culprit?: number): void {
    this.death ??= error;
    this.culprit ??= culprit;
    void this.killCurrent();
  }

  private post(message: ToHandler): void {
    (this.child.stdio[channel.input] as Writable).write(`${JSON.stringify(message)}\n`);
  }

  private remember(run: Run): void {
    this.runs.set(run.number, run);
    if (this.runs.size > keptRuns) this.runs.delete(run.number - keptRuns);
  }

  /**
   * A line that isn't the entry's own: a handler has written to the channel, and no message from there can be trusted.
   */
  private hear(line: string): void {
    try {
      this.onMessage(JSON.parse(line) as FromHandler);
    } catch (error) {
      const { message } = toJobError(error);
      this.condemn({ name: "HandlerExit", message: `The handler's process sent what makes no sense: ${message}` });
    }
  }

  /** A process that can't send messages any more is useless, even if it still lives. */
  private onSilence(): void {
    if (this.isAlive) this.condemn({ name: "HandlerExit", message: "The handler's process closed its channel" });
  }

  private onMessage(message: FromHandler): void {
    switch (message.kind) {
      case "ready":
        this.isReady = true;
        return this.settleReady.resolve();
      case "unusable":
        return this.condemn(message.error);
      case "output":
        return this.onOutput(message.stream, message.text, message.run);
      case "uncaught":
        return this.onUncaught(message);
      case "exiting":
        this.culprit ??= message.run;
        return;
      case "log":
        return this.runs.get(message.run)?.events.onLog(message.level, message.message, {
          ...(message.fields && { fields: message.fields }),
        });
      case "progress":
        // Later reports of an ended job don't matter.
        if (message.run !== this.current?.number) return;
        return this.current.events.onProgress(message.fraction, message.note);
      case "checkpoint":
        if (message.run !== this.current?.number) return;
        return this.current.events.onCheckpoint?.(message.json);
      case "ended":
        if (message.run !== this.current?.number) return;
        return void this.onEnd(this.current, message.end, message);
    }
  }

  private async onEnd(current: CurrentRun, end: HandlerEnd, remains: Remains): Promise<void> {
    const { processes, log } = this.options;
    // From here on the process's fate doesn't affect the job.
    this.current = undefined;
    const kernelKill = processes.kernelKill(this.tracked);
    const { id: jobId, attempt } = current.job;
    if (remains.spoiltBy !== undefined) {
      log("info", "handler-retired", { jobId, attempt, reason: `The job ${remains.spoiltBy}` });
      await this.kill();
    } else if (remains.hasSpawned) {
      const processesKilled = processes.kill(this.tracked);
      if (processesKilled > 0) log("info", "processes-killed", { jobId, attempt, processesKilled });
    }
    const failed = noteKernelKill(outcomeOf(end), kernelKill);
    const outcome = await explainFullDisk(failed, this.directory ?? this.options.folders.root);
    if (!remains.isFolderEmpty) await this.removeFolder();
    current.finish(outcome);
  }

  private async removeFolder(): Promise<void> {
    const directory = this.directory;
    this.directory = undefined;
    if (directory !== undefined) await this.options.folders.remove(directory);
  }

  /** An error of another job than the running one doesn't cost that one an attempt: it runs again elsewhere. */
  private onUncaught({ run, error, stack }: Extract<FromHandler, { kind: "uncaught" }>): void {
    if (run === undefined || run === this.current?.number) {
      const message = `${error.message} (not caught by the handler, whose process ended by it)`;
      return this.condemn({ ...error, message }, run);
    }
    const { log } = this.options;
    const { id: jobId, attempt } = this.runs.get(run)?.job ?? {};
    log("error", "late-error", { jobId, attempt, error: { ...error, stack } });
    this.isDeathLogged = true;
    this.condemn(error, run);
  }

  private async follow(): Promise<void> {
    const { processes, groups, clock } = this.options;
    const output = this.child.stdio[channel.output] as Readable;
    const lines = new LineReader(maxMessageCharacters, ({ text }) => this.hear(text));
    output.on("data", (chunk: Buffer) => lines.push(chunk));
    output.on("error", () => undefined);
    const spoken = new Promise<void>((resolve) => output.once("close", resolve));
    let cancelSilence = () => {};
    void spoken.then(() => (cancelSilence = clock.after(lastWordsMilliseconds, () => this.onSilence())));
    const how = await new Promise<{ code: number | null; signal: NodeJS.Signals | null; error?: Error }>((resolve) => {
      this.child.once("exit", (code, signal) => resolve({ code, signal }));
      this.child.once("error", (error) => resolve({ code: null, signal: null, error }));
    });
    this.isAlive = false;
    this.gpu?.release();
    const kernelKill = processes.kernelKill(this.tracked);
    let giveUp = () => {};
    await Promise.race([
      spoken,
      new Promise<void>((resolve) => (giveUp = clock.after(lastWordsMilliseconds, resolve))),
    ]);
    giveUp();
    cancelSilence();
    processes.kill(this.tracked);
    if (this.child.pid !== undefined) groups.end(this.child.pid);
    processes.untrack(this.tracked);
    for (const stream of this.child.stdio) stream?.destroy();
    await this.removeFolder();
    this.onDeath({ ...how, kernelKill });
  }

  private onDeath(how: Death): void {
    const wasKilled = this.killing !== undefined && this.death === undefined;
    const error = this.death ?? this.causeOfDeath(how);
    this.settleReady.reject(Object.assign(new Error(error.message), { name: error.name }));
    const { current, culprit } = this;
    if (current && !current.signal.aborted) {
      // Unless it is certain, an earlier job's traces may be the cause.
      const isCertain = culprit === current.number || this.count === 1;
      if (!isCertain) this.logDeath(error, culprit);
      return current.finish(isCertain ? { kind: "failed", error, isPermanent: false } : { kind: "interrupted" });
    }
    if (current) return current.finish({ kind: "stopped" });
    if (!wasKilled && this.isReady) this.logDeath(error, culprit);
  }

  private logDeath(error: JobError, culprit: number | undefined): void {
    if (this.isDeathLogged) return;
    this.isDeathLogged = true;
    const { id: jobId, attempt } = (culprit !== undefined && this.runs.get(culprit)?.job) || {};
    const jobIds = [...this.runs.values()].slice(-10).map(({ job }) => job.id);
    this.options.log("warn", "handler-died", { ...(jobId === undefined ? { jobIds } : { jobId, attempt }), error });
  }

  private causeOfDeath({ code, signal, error, kernelKill }: Death): JobError {
    if (error) return { name: "HandlerExit", message: `The handler's process could not be started: ${error.message}` };
    if (signal === "SIGABRT" && this.isHeapFull) {
      const limit = this.options.maxHeapMegabytes;
      return { name: "OutOfMemory", message: `The handler ran out of memory: its heap may hold ${limit} MB` };
    }
    if (signal === "SIGKILL" && kernelKill) {
      return killedByKernel("handler", kernelKill, this.options.maxMemoryMegabytes);
    }
    const words = this.said.text();
    const said = words === "" ? "" : `; on standard error: ${words}`;
    const hint = signal === "SIGKILL" ? ", as happens where memory runs out" : "";
    const how = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}${hint}`;
    return { name: "HandlerExit", message: `The handler's process ${how}${said}` };
  }

  /** Output not written by JavaScript belongs to the running job, or to the last one. */
  private listen(stream: Readable, name: "stdout" | "stderr"): void {
    const onLine = ({ text, length }: Line) => {
      if (text !== "") this.write(name, shorten(text, maxLineCharacters, length), this.count);
    };
    const reader = new LineReader(maxLineCharacters, onLine);
    pour(stream, reader, {});
    stream.on("end", () => reader.end());
  }

  private onOutput(name: "stdout" | "stderr", text: string, run: number | undefined): void {
    for (const line of text.split(/\r?\n/)) if (line !== "") this.write(name, line, run);
  }

  private write(stream: "stdout" | "stderr", line: string, run: number | undefined): void {
    if (stream === "stderr" && line.includes("JavaScript heap out of memory")) this.isHeapFull = true;
    if (stream === "stderr") this.said.add(line);
    const level = stream === "stderr" ? "warn" : "info";
    const events = run === undefined ? undefined : this.runs.get(run)?.events;
    if (events) events.onLog(level, line, { stream });
    else this.options.log(level, "handler-output", { message: line });
  }
}

function outcomeOf(end: HandlerEnd): RunOutcome {
  if (end.kind !== "succeeded") return end;
  const result = end.json === undefined ? undefined : (JSON.parse(end.json) as unknown);
  return { kind: "succeeded", result, ...(end.omitted && { omitted: end.omitted }) };
}

/** The worker's own options, except that one debugger listens at one port only. */
function nodeOptions({ maxHeapMegabytes }: HandlerProcessOptions): string[] {
  const own = process.execArgv.filter((option) => !option.startsWith("--inspect"));
  return [...new Set([...own, "--enable-source-maps"]), `--max-old-space-size=${maxHeapMegabytes}`];
}
