import { Readable } from "node:stream";
import { createInterface } from "node:readline";
import { Worker as Thread } from "node:worker_threads";
import { JobError } from "../../contract/record";
import { Clock } from "./clock";
import { toJobError } from "./errors";
import { Job } from "./handler";
import { JobStopped, killGraceMilliseconds, RunEvents, RunOutcome } from "./runner";
import { FromThread, ThreadData, ToThread } from "./threadMessages";

export interface HandlerThreadOptions {
  /** Absolute path of the thread's entry, `thread.js`. */
  entryPath: string;
  modulePath: string;
  /** Text of an inline handler, which has no file. */
  inlineText?: string;
  /** The most that the handler's JavaScript heap may hold. */
  maxHeapMegabytes: number;
  clock: Clock;
  /** Output of the handler that belongs to no job. */
  onStrayOutput(level: "info" | "warn", line: string): void;
}

interface CurrentRun {
  number: number;
  signal: AbortSignal;
  events: RunEvents;
  finish(outcome: RunOutcome): void;
}

/** Last lines of standard error that go into the reason of a thread's death. */
const keptErrorLines = 5;

/** One worker thread with the handler loaded; runs one job at a time, and can be killed whatever it does. */
export class HandlerThread {
  /** Resolves when the handler is loaded; rejects if it can't be. */
  readonly ready: Promise<void>;
  isAlive = true;
  private readonly thread: Thread;
  private readonly exited: Promise<void>;
  private readonly errorLines: string[] = [];
  private current?: CurrentRun;
  private lastEvents?: RunEvents;
  private runs = 0;
  private fatalError?: unknown;
  private settleReady!: { resolve(): void; reject(error: Error): void };

  constructor(private readonly options: HandlerThreadOptions) {
    const workerData: ThreadData = { modulePath: options.modulePath, inlineText: options.inlineText };
    const resourceLimits = { maxOldGenerationSizeMb: options.maxHeapMegabytes };
    this.ready = new Promise((resolve, reject) => (this.settleReady = { resolve, reject }));
    // Whoever doesn't wait for it learns of a failure from the job that it runs.
    this.ready.catch(() => undefined);
    this.thread = new Thread(options.entryPath, { workerData, resourceLimits, stdout: true, stderr: true });
    this.thread.on("message", (message: FromThread) => this.onMessage(message));
    this.thread.on("error", (error) => (this.fatalError = error));
    this.exited = new Promise((resolve) => {
      this.thread.once("exit", (code) => {
        this.onExit(code);
        resolve();
      });
    });
    this.listen(this.thread.stdout, "info");
    this.listen(this.thread.stderr, "warn");
  }

  /** Resolves once the job has ended or the thread is dead; never rejects. */
  run(job: Job, signal: AbortSignal, events: RunEvents): Promise<RunOutcome> {
    const number = ++this.runs;
    this.lastEvents = events;
    this.errorLines.length = 0;
    return new Promise((resolve) => {
      let cancelKill = () => {};
      const onStop = () => {
        const { stopCause: cause, message } = signal.reason as JobStopped;
        this.post({ kind: "stop", run: number, cause, message });
        cancelKill = this.options.clock.after(killGraceMilliseconds, () => void this.kill());
      };
      const finish = (outcome: RunOutcome) => {
        this.current = undefined;
        signal.removeEventListener("abort", onStop);
        cancelKill();
        resolve(signal.aborted ? { kind: "stopped" } : outcome);
      };
      this.current = { number, signal, events, finish };
      signal.addEventListener("abort", onStop);
      this.post({ kind: "run", run: number, job });
    });
  }

  /** Kills the thread if its job was told to stop. */
  hurry(): void {
    if (this.current?.signal.aborted) void this.kill();
  }

  /** Resolves when the thread is dead. */
  async kill(): Promise<void> {
    this.isAlive = false;
    await this.thread.terminate();
    await this.exited;
  }

  private post(message: ToThread): void {
    this.thread.postMessage(message);
  }

  private onMessage(message: FromThread): void {
    if (message.kind === "ready") return this.settleReady.resolve();
    if (message.kind === "unusable") {
      this.fatalError = Object.assign(new Error(message.error.message), { name: message.error.name });
      this.settleReady.reject(this.fatalError as Error);
      void this.kill();
      return;
    }
    const current = this.current;
    // What an ended job still reports is of no more use.
    if (message.run !== current?.number) return;
    switch (message.kind) {
      case "progress":
        return current.events.onProgress(message.fraction, message.note);
      case "log":
        return current.events.onLog(message.level, message.message, message.fields);
      case "succeeded": {
        const result: unknown = message.json === undefined ? undefined : JSON.parse(message.json);
        return current.finish({ kind: "succeeded", result });
      }
      case "given-back":
        return current.finish({ kind: "given-back", reason: message.reason });
      case "failed": {
        const { error, isPermanent, stack } = message;
        return current.finish({ kind: "failed", error, isPermanent, stack });
      }
    }
  }

  private onExit(code: number): void {
    this.isAlive = false;
    const error = this.causeOfDeath(code);
    this.settleReady.reject(Object.assign(new Error(error.message), { name: error.name }));
    this.current?.finish({ kind: "failed", error, isPermanent: false });
  }

  private causeOfDeath(code: number): JobError {
    if ((this.fatalError as { code?: unknown } | undefined)?.code === "ERR_WORKER_OUT_OF_MEMORY") {
      const limit = this.options.maxHeapMegabytes;
      return { name: "OutOfMemory", message: `The handler ran out of memory: its heap may hold ${limit} MB` };
    }
    if (this.fatalError !== undefined) {
      const { name, message } = toJobError(this.fatalError);
      return { name, message: `${message} (not caught by the handler, whose thread died of it)` };
    }
    const said = this.errorLines.length > 0 ? `; last on standard error: ${this.errorLines.join(" | ")}` : "";
    return { name: "ThreadExit", message: `The handler's thread ended with exit code ${code}${said}` };
  }

  /** Output belongs to the job that runs, or to the last one, whose output may come a little late. */
  private listen(stream: Readable, level: "info" | "warn"): void {
    createInterface({ input: stream, crlfDelay: Infinity }).on("line", (line) => {
      if (level === "warn" && this.errorLines.push(line) > keptErrorLines) this.errorLines.shift();
      const events = this.lastEvents;
      if (events) events.onLog(level, line, { stream: level === "warn" ? "stderr" : "stdout" });
      else this.options.onStrayOutput(level, line);
    });
  }
}
