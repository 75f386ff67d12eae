import { ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { workerVariablePrefix } from "../../contract/workerSettings";
import { Clock } from "./clock";
import { CommandOutput } from "./commandOutput";
import { findCommand } from "./commandPath";
import { CommandProcess } from "./commandProcess";
import { toJobError } from "./errors";
import { Job } from "./handler";
import { ProcessGroups } from "./processGroups";
import { RunEvents, Runner, RunOutcome } from "./runner";

export interface CommandRunnerOptions {
  /** Program and arguments. */
  command: string[];
  timeoutSeconds: number;
  /** What the command finds in its environment, beside `JOB_*`. */
  environment: Record<string, string | undefined>;
  clock: Clock;
}

/** Runs a command for each job: the job on standard input, the result from standard output. */
export class CommandRunner implements Runner {
  private readonly groups = new ProcessGroups();
  private readonly running = new Set<CommandProcess>();
  private readonly environment: Record<string, string | undefined>;
  private program: string;

  constructor(private readonly options: CommandRunnerOptions) {
    this.program = options.command[0]!;
    const own = ([name]: [string, unknown]) => !name.startsWith(workerVariablePrefix);
    this.environment = Object.fromEntries(Object.entries(options.environment).filter(own));
  }

  async start(): Promise<void> {
    this.program = await findCommand(this.program, this.environment.PATH);
    await this.groups.start();
  }

  async run(job: Job, signal: AbortSignal, events: RunEvents): Promise<RunOutcome> {
    if (signal.aborted) return { kind: "stopped" };
    let child: ChildProcessWithoutNullStreams;
    try {
      child = await this.spawn(job);
    } catch (error) {
      const { message } = toJobError(error);
      return { kind: "failed", error: { name: "CommandNotStarted", message }, isPermanent: false };
    }
    const process = new CommandProcess(
      child,
      new CommandOutput(events),
      this.groups,
      this.options.clock,
      `${JSON.stringify(job)}\n`,
    );
    const onStop = () => process.stop();
    if (signal.aborted) onStop();
    signal.addEventListener("abort", onStop);
    this.running.add(process);
    const outcome = await process.ended;
    this.running.delete(process);
    signal.removeEventListener("abort", onStop);
    return signal.aborted ? { kind: "stopped" } : outcome;
  }

  hurry(): void {
    for (const process of this.running) process.hurry();
  }

  async close(): Promise<void> {
    for (const process of this.running) process.kill();
    await Promise.all([...this.running].map((process) => process.ended));
    this.groups.close();
  }

  /** Rejects if the process can't be started. */
  private spawn(job: Job): Promise<ChildProcessWithoutNullStreams> {
    const { command, clock, timeoutSeconds } = this.options;
    const env = {
      ...this.environment,
      JOB_ID: job.id,
      JOB_TYPE: job.type,
      JOB_ATTEMPT: String(job.attempt),
      JOB_DEADLINE: new Date(clock.now() + timeoutSeconds * 1000).toISOString(),
    };
    return new Promise((resolve, reject) => {
      const child = spawn(this.program, command.slice(1), { env, detached: true, argv0: command[0] });
      child.once("spawn", () => resolve(child));
      child.on("error", reject);
    });
  }
}
