import { type ChildProcess } from "node:child_process";
import { type JobError } from "../../../../contract/records/record";
import { type Clock } from "../../support/clock";
import { type GpuPool } from "../gpuPool";
import { type JobFolders } from "../jobFolders";
import { type KernelKill, outOfMemory, preferForKill } from "../memory";
import { unkillableMilliseconds } from "../runner";
import { type JobProcesses, type TrackedJob } from "./jobProcesses";
import { type ProcessGroups, signalGroup } from "./processGroups";

/** Parts of a worker that the processes of its handlers use. */
export interface ChildParts {
  processes: JobProcesses;
  groups: ProcessGroups;
  clock: Clock;
  /** Most memory that a process and those that it starts may hold together. */
  maxMemoryMegabytes: number;
}

/** Parts of a worker that its runners use. */
export interface RunnerParts extends ChildParts {
  /** Form in which the handler gets a payload. @default "value" */
  payloads?: "value" | "file" | undefined;
  folders: JobFolders;
  /** The GPUs, of which each process gets one. @default - none */
  gpus?: GpuPool | undefined;
  /** Environment of the processes. @default - the worker's own */
  environment?: Record<string, string | undefined>;
}

/** End of a process. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Set if the process could not be started. */
  error?: Error;
  kernelKill?: KernelKill | undefined;
}

/** A handler's process, with a process group of its own, and all that it starts. */
export class JobChild {
  readonly tracked: TrackedJob;
  readonly exited: Promise<Exit>;
  private killing?: Promise<boolean>;

  /** @param onTooLarge called with the error when all processes together hold too much memory */
  constructor(
    private readonly child: ChildProcess,
    private readonly parts: ChildParts,
    { what, ...job }: { what: "command" | "handler" } & Omit<TrackedJob, "root" | "maxBytes" | "onTooLarge">,
    onTooLarge: (error: JobError) => void,
  ) {
    const { processes, groups, maxMemoryMegabytes } = parts;
    this.tracked = processes.track({
      ...{ ...job, root: child.pid ?? -1, maxBytes: maxMemoryMegabytes * 1_024 ** 2 },
      onTooLarge: (bytes) => onTooLarge(outOfMemory(what, bytes, maxMemoryMegabytes)),
    });
    if (child.pid !== undefined) {
      groups.add(child.pid);
      preferForKill(child.pid);
    }
    this.exited = new Promise((resolve) => {
      child.once("exit", (code, signal) => resolve({ code, signal, kernelKill: processes.kernelKill(this.tracked) }));
      child.once("error", (error) => resolve({ code: null, signal: null, error }));
    });
  }

  get isKilled(): boolean {
    return this.killing !== undefined;
  }

  /** Kills it with all that it started; resolves to true once it is dead, or to false if it can't be killed. */
  kill(): Promise<boolean> {
    return (this.killing ??= this.killAll());
  }

  /** Kills the rest of what it started, once it is dead. */
  end(): void {
    const { processes, groups } = this.parts;
    processes.kill(this.tracked);
    if (this.child.pid !== undefined) groups.end(this.child.pid);
    processes.untrack(this.tracked);
  }

  private async killAll(): Promise<boolean> {
    // Its children first: once it is gone, they can no longer be traced to it.
    this.parts.processes.kill(this.tracked);
    if (this.child.pid !== undefined) signalGroup(this.child.pid, "SIGKILL");
    let giveUp = () => {};
    const isDead = await Promise.race([
      this.exited.then(() => true),
      new Promise<boolean>((resolve) => {
        giveUp = this.parts.clock.after(unkillableMilliseconds, () => resolve(false));
      }),
    ]);
    giveUp();
    return isDead;
  }
}
