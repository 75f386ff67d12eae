import { type ChildProcess, spawn } from "node:child_process";
import { createReadStream, existsSync, statSync } from "node:fs";
import { type FileHandle, open, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { workerVariablePrefix } from "../../../../contract/workerSettings";
import { toJobError } from "../../support/errors";
import { explainFullDisk } from "../disk";
import { type Gpu } from "../gpuPool";
import { type Job } from "../handler";
import { payloadFileName, payloadFileVariable, placePayload } from "../placePayload";
import { type RunnerParts } from "../processes/jobChild";
import { markVariable } from "../processes/jobProcesses";
import { type RunEvents, type Runner, type RunOutcome } from "../runner";
import { checkpointFileIn, checkpointVariable } from "./checkpointLine";
import { CommandOutput } from "./commandOutput";
import { findCommand } from "./commandPath";
import { type CommandChild, CommandProcess } from "./commandProcess";
import { resultFileIn, resultVariable } from "./resultFile";

export interface CommandRunnerOptions extends RunnerParts {
  /** Program and arguments. */
  command: string[];
  timeoutSeconds: number;
  /** Finds what is wrong with the JSON of a large result, if that can be said. @default - it is taken as it is */
  checkResult?: (file: string) => Promise<string | undefined>;
}

/** Resources that an attempt has to itself. */
interface Place {
  folder: string;
  gpu?: Gpu | undefined;
}

/** Runs a command for each job: the job on standard input, the result from standard output. */
export class CommandRunner implements Runner {
  private readonly running = new Set<CommandProcess>();
  private readonly environment: Record<string, string | undefined>;
  private program: string;
  private readonly parameters: string[];

  constructor(private readonly options: CommandRunnerOptions) {
    const [program, ...parameters] = options.command;
    this.program = program!;
    // An attempt works in a folder of its own, but must find files of the image.
    this.parameters = parameters.map((part) => (isFile(part) ? path.resolve(part) : part));
    const own = ([name]: [string, unknown]) => !name.startsWith(workerVariablePrefix);
    this.environment = Object.fromEntries(Object.entries(options.environment ?? process.env).filter(own));
  }

  async start(): Promise<void> {
    const { folders, groups } = this.options;
    this.program = path.resolve(await findCommand(this.program, this.environment.PATH));
    await Promise.all([folders.start(), groups.start()]);
  }

  async run(job: Job, signal: AbortSignal, events: RunEvents): Promise<RunOutcome> {
    if (signal.aborted) return { kind: "stopped" };
    const { folders } = this.options;
    const gpu = this.options.gpus?.take();
    let folder: string | undefined;
    try {
      folder = folders.create();
      return await explainFullDisk(await this.runIn({ folder, gpu }, job, signal, events), folder);
    } catch (error) {
      const { message } = toJobError(error);
      const outcome = { kind: "failed", error: { name: "CommandNotStarted", message }, isPermanent: false } as const;
      return folder === undefined ? outcome : explainFullDisk(outcome, folder);
    } finally {
      gpu?.release();
      if (folder !== undefined) await folders.remove(folder);
    }
  }

  killNow(): void {
    for (const process of this.running) process.killNow();
  }

  async close(): Promise<void> {
    const { groups, folders } = this.options;
    for (const process of this.running) process.kill();
    await Promise.all([...this.running].map((process) => process.ended));
    groups.close();
    await folders.close();
  }

  /** Rejects if the process can't be started. */
  private async runIn(place: Place, job: Job, signal: AbortSignal, events: RunEvents): Promise<RunOutcome> {
    const { folder } = place;
    const mark = this.options.processes.createMark();
    if (job.checkpoint !== undefined) await writeFile(checkpointFileIn(folder), JSON.stringify(job.checkpoint));
    const payload = await this.placePayload(place, job, events);
    if ("end" in payload) return payload.end;
    const input = await this.openInput(payload.job, payload.file).finally(() => payload.file && rm(payload.file));
    let process: CommandProcess;
    try {
      if (events.mayBegin?.() === false) return { kind: "stopped" };
      const child = this.spawn(payload.job, place, { mark, input: input.fd, traceparent: events.traceparent });
      const started = new Promise<void>((resolve, reject) => {
        child.once("spawn", resolve);
        child.on("error", reject);
      });
      if (child.pid === undefined) await started;
      const output = new CommandOutput(events, resultFileIn(folder), this.options.checkResult);
      process = new CommandProcess(child, output, this.options, { mark, folder });
    } finally {
      await input.close();
    }
    const onStop = () => process.stop();
    if (signal.aborted) onStop();
    signal.addEventListener("abort", onStop);
    this.running.add(process);
    const outcome = await process.ended;
    this.running.delete(process);
    signal.removeEventListener("abort", onStop);
    const isStuck = outcome.kind === "stopped" && outcome.isStuck;
    return signal.aborted ? { kind: "stopped", ...(isStuck && { isStuck }) } : outcome;
  }

  /** Puts the payload into the attempt's folder, or a large one into a file for the command's input. */
  private async placePayload(
    { folder }: Place,
    job: Job,
    events: RunEvents,
  ): Promise<{ job: Job; file?: string } | { end: RunOutcome }> {
    const isFile = this.options.payloads === "file";
    if (!isFile && !events.fetchPayload) return { job };
    const file = isFile ? path.join(folder, payloadFileName) : this.options.folders.fileName();
    const end = await placePayload(job, file, events, folder);
    if (!end) {
      const bare = { ...job, payload: undefined };
      return isFile ? { job: { ...bare, payloadFile: file } } : { job: bare, file };
    }
    await rm(file, { force: true });
    return { end };
  }

  /**
   * The input is a file, complete before the command begins: if a worker freezes or dies meanwhile, no command
   * reads half a job. The file's name is removed before the command begins.
   */
  private async openInput(job: Job, payloadFile: string | undefined): Promise<FileHandle> {
    const file = this.options.folders.fileName();
    const text = JSON.stringify(job);
    try {
      await writeFile(file, payloadFile === undefined ? `${text}\n` : withPayload(text, payloadFile), { mode: 0o600 });
      return await open(file, "r");
    } finally {
      await rm(file, { force: true });
    }
  }

  private spawn(
    job: Job,
    { folder, gpu }: Place,
    { mark, input, traceparent }: { mark: string; input: number; traceparent: string },
  ): CommandChild {
    const { clock, timeoutSeconds, command } = this.options;
    const env = {
      ...this.environment,
      ...{ HOME: folder, TMPDIR: folder, ...gpu?.environment },
      JOB_ID: job.id,
      JOB_TYPE: job.type,
      JOB_ATTEMPT: String(job.attempt),
      JOB_DEADLINE: new Date(clock.now() + timeoutSeconds * 1_000).toISOString(),
      JOB_DIR: folder,
      TRACEPARENT: traceparent,
      ...(job.payloadFile !== undefined && { [payloadFileVariable]: job.payloadFile }),
      [checkpointVariable]: checkpointFileIn(folder),
      [resultVariable]: resultFileIn(folder),
      [markVariable]: mark,
    };
    const options = { env, cwd: folder, detached: true, argv0: command[0] };
    const child: ChildProcess = spawn(this.program, this.parameters, { ...options, stdio: [input, "pipe", "pipe"] });
    return child as CommandChild;
  }
}

/** The job's JSON with the payload that is in a file, chunk by chunk. */
async function* withPayload(job: string, payloadFile: string) {
  yield `${job.slice(0, -1)},"payload":`;
  yield* createReadStream(payloadFile);
  yield "}\n";
}

/** True if the part of a command names a file below the image's working folder. */
function isFile(part: string): boolean {
  return !path.isAbsolute(part) && existsSync(part) && statSync(part).isFile();
}
