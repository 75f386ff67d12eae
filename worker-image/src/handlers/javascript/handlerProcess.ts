import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { type Readable } from "node:stream";
import { type Log } from "../../../../contract/log";
import { type JobError } from "../../../../contract/records/record";
import { toJobError } from "../../support/errors";
import { type Line, LineReader } from "../../support/lineReader";
import { shorten } from "../../support/text";
import { explainFullDisk } from "../disk";
import { type Gpu } from "../gpuPool";
import { type Job } from "../handler";
import { maxLineCharacters } from "../jobLog";
import { noteKernelKill } from "../memory";
import { pour } from "../pour";
import { type Exit, JobChild, type RunnerParts } from "../processes/jobChild";
import { markVariable } from "../processes/jobProcesses";
import { type JobStopped, killGraceMilliseconds, type RunEvents, type RunOutcome } from "../runner";
import { HandlerDeath } from "./handlerDeath";
import { HandlerLink } from "./handlerLink";
import {
  type FromHandler,
  type HandlerEnd,
  type HandlerSource,
  type PayloadFile,
  type Remains,
} from "./handlerMessages";
import { HandlerRuns, type JobRun } from "./handlerRuns";

export interface HandlerProcessOptions extends HandlerSource, RunnerParts {
  /** Absolute path of the process's entry, `handlerMain.js`. */
  entryPath: string;
  /** Most memory of the handler's JavaScript heap. */
  maxHeapMegabytes: number;
  log: Log;
}

/** Outcome of a run in one process; `interrupted`: the process died, and perhaps not because of this job. */
export type HandlerOutcome = RunOutcome | { kind: "interrupted" };

interface CurrentRun extends JobRun {
  signal: AbortSignal;
  finish(outcome: HandlerOutcome): void;
}

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
  private readonly process: JobChild;
  private readonly link: HandlerLink;
  private readonly ended: Promise<void>;
  private readonly gpu: Gpu | undefined;
  private readonly runs: HandlerRuns;
  private readonly causes: HandlerDeath;
  private current?: CurrentRun;
  private directory?: string;
  private death?: JobError;
  private culprit?: number;
  private isReady = false;
  private settleReady!: { resolve(): void; reject(error: Error): void };

  constructor(private readonly options: HandlerProcessOptions) {
    const { processes, modulePath, inlineText, environment = process.env } = options;
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
    const own = { what: "handler", isRootKept: true, mark, spareMark: mark } as const;
    this.process = new JobChild(this.child, options, own, (error) => this.condemn(error));
    this.causes = new HandlerDeath(options);
    this.runs = new HandlerRuns(options.log);
    this.link = new HandlerLink(
      this.child,
      (message) => this.onMessage(message),
      (error) => this.condemn(exitError(`sent an unreadable message: ${toJobError(error).message}`)),
    );
    this.ended = this.follow();
    this.listen(this.child.stdout!, "stdout");
    this.listen(this.child.stderr!, "stderr");
    this.link.send({ kind: "load", modulePath, inlineText });
  }

  /** Resolves once the job has ended, or the process is dead or can't be killed; never rejects. */
  run(job: Job, signal: AbortSignal, events: RunEvents, payloadFile?: PayloadFile): Promise<HandlerOutcome> {
    const run = this.runs.begin(job, events);
    const { number } = run;
    this.causes.beginJob();
    const directory = (this.directory ??= this.options.folders.create());
    const { tracked } = this.process;
    tracked.folder = directory;
    tracked.mark = `${tracked.spareMark!}-${number}`;
    return new Promise((resolve) => {
      let cancelKill = () => {};
      const onStop = () => {
        const { stopCause: cause, message } = signal.reason as JobStopped;
        this.link.send({ kind: "stop", run: number, cause, message });
        cancelKill = this.options.clock.after(killGraceMilliseconds, () => void this.killCurrent());
      };
      const finish = (outcome: HandlerOutcome) => {
        this.current = undefined;
        signal.removeEventListener("abort", onStop);
        cancelKill();
        const isStuck = outcome.kind === "stopped" && outcome.isStuck;
        resolve(signal.aborted ? { kind: "stopped", ...(isStuck && { isStuck }) } : outcome);
      };
      this.current = { ...run, signal, finish };
      if (events.mayBegin?.() === false) return finish({ kind: "stopped" });
      signal.addEventListener("abort", onStop);
      const keepsCheckpoints = events.onCheckpoint !== undefined;
      const { mark } = tracked;
      const { traceparent } = events;
      const resultFile = events.resultFolder && path.join(events.resultFolder, "result");
      const given = { job, directory, mark, keepsCheckpoints, traceparent, payloadFile, resultFile };
      this.link.send({ kind: "run", run: number, ...given });
    });
  }

  /** Kills the process if its job is stopping. */
  killNow(): void {
    if (this.current?.signal.aborted) void this.killCurrent();
  }

  /** Resolves to true once the process is dead, or to false if it can't be killed. */
  async kill(): Promise<boolean> {
    this.isAlive = false;
    const isDead = await this.process.kill();
    if (isDead) await this.ended;
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

  private onMessage(message: FromHandler): void {
    switch (message.kind) {
      case "ready":
        this.isReady = true;
        return this.settleReady.resolve();
      case "unusable":
        return this.condemn(message.error);
      case "output":
        return this.write(message.stream, message.text, message.run);
      case "uncaught":
        return this.onUncaught(message);
      case "exiting":
        this.culprit ??= message.run;
        return;
      case "log":
        return this.runs.logOf(message);
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
    const kernelKill = processes.kernelKill(this.process.tracked);
    const { id: jobId, attempt } = current.job;
    if (remains.spoiltBy !== undefined) {
      log("info", "handler-retired", { jobId, attempt, reason: `The job ${remains.spoiltBy}` });
      await this.kill();
    } else if (remains.hasSpawned) {
      const processesKilled = processes.kill(this.process.tracked);
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
  private onUncaught(uncaught: Extract<FromHandler, { kind: "uncaught" }>): void {
    const { run, error } = uncaught;
    if (run === undefined || run === this.current?.number) {
      const message = `${error.message} (not caught by the handler, whose process ended by it)`;
      return this.condemn({ ...error, message }, run);
    }
    this.runs.logLateError(uncaught);
    this.condemn(error, run);
  }

  private async follow(): Promise<void> {
    const { clock } = this.options;
    let cancelSilence = () => {};
    // A process that can't send messages any more is useless, even if it still lives.
    const onSilence = () => this.isAlive && this.condemn(exitError("closed its channel"));
    void this.link.closed.then(() => (cancelSilence = clock.after(lastWordsMilliseconds, onSilence)));
    const exit = await this.process.exited;
    this.isAlive = false;
    this.gpu?.release();
    let giveUp = () => {};
    await Promise.race([
      this.link.closed,
      new Promise<void>((resolve) => (giveUp = clock.after(lastWordsMilliseconds, resolve))),
    ]);
    giveUp();
    cancelSilence();
    this.process.end();
    for (const stream of this.child.stdio) stream?.destroy();
    await this.removeFolder();
    this.onDeath(exit);
  }

  private onDeath(exit: Exit): void {
    const wasKilled = this.process.isKilled && this.death === undefined;
    const error = this.death ?? this.causes.causeOf(exit);
    this.settleReady.reject(Object.assign(new Error(error.message), { name: error.name }));
    const { current, culprit } = this;
    if (current && !current.signal.aborted) {
      // Unless it is certain, an earlier job's traces may be the cause.
      const isCertain = culprit === current.number || this.runs.count === 1;
      if (!isCertain) this.runs.logDeath(error, culprit);
      return current.finish(isCertain ? { kind: "failed", error, isPermanent: false } : { kind: "interrupted" });
    }
    if (current) return current.finish({ kind: "stopped" });
    if (!wasKilled && this.isReady) this.runs.logDeath(error, culprit);
  }

  /** Output not written by JavaScript belongs to the running job, or to the last one. */
  private listen(stream: Readable, name: "stdout" | "stderr"): void {
    const onLine = ({ text, length }: Line) => {
      if (text !== "") this.write(name, shorten(text, maxLineCharacters, length), this.runs.count);
    };
    const reader = new LineReader(maxLineCharacters, onLine);
    pour(stream, reader, {});
    stream.on("end", () => reader.end());
  }

  private write(stream: "stdout" | "stderr", line: string, run: number | undefined): void {
    if (stream === "stderr") this.causes.add(line);
    this.runs.write(stream, line, run);
  }
}

function exitError(what: string): JobError {
  return { name: "HandlerExit", message: `The handler's process ${what}` };
}

function outcomeOf(end: HandlerEnd): RunOutcome {
  if (end.kind !== "succeeded") return end;
  const { json, ...more } = end;
  return { ...more, result: json === undefined ? undefined : (JSON.parse(json) as unknown) };
}

/** The worker's own options, except that one debugger listens at one port only. */
function nodeOptions({ maxHeapMegabytes }: HandlerProcessOptions): string[] {
  const own = process.execArgv.filter((option) => !option.startsWith("--inspect"));
  return [...new Set([...own, "--enable-source-maps"]), `--max-old-space-size=${maxHeapMegabytes}`];
}
