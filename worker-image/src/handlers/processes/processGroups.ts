import { type ChildProcess, spawn } from "node:child_process";
import script from "./watchGroups.sh";

/**
 * The process groups of the running jobs. Each job has a group of its own, so that a signal reaches all that it
 * started. But the group would outlive a worker that is killed, so a shell waits for the end of the worker's pipe and
 * kills it then.
 */
export class ProcessGroups {
  private readonly members = new Set<number>();
  private watcher?: ChildProcess;

  /** @param mark text in the environment of every process that the jobs start */
  constructor(private readonly mark: string) {}

  /** Rejects if there is no shell. */
  start(): Promise<void> {
    if (this.watcher) return Promise.resolve();
    const watcher = spawn("/bin/sh", ["-c", script, "watchGroups.sh", this.mark], {
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
    });
    this.watcher = watcher;
    // A dead watcher only means that nothing watches; its exit is handled below.
    watcher.stdin.on("error", () => undefined);
    watcher.on("exit", () => this.restart(watcher));
    return new Promise((resolve, reject) => {
      watcher.once("spawn", resolve);
      watcher.on("error", (cause) => reject(new Error("Jobs need a shell at /bin/sh in the image", { cause })));
    });
  }

  add(group: number): void {
    this.members.add(group);
    this.watcher?.stdin!.write(`+ ${group}\n`);
  }

  /** Kills the rest of the group, and forgets it. */
  end(group: number): void {
    signalGroup(group, "SIGKILL");
    this.members.delete(group);
    this.watcher?.stdin!.write(`- ${group}\n`);
  }

  close(): void {
    const watcher = this.watcher;
    this.watcher = undefined;
    watcher?.stdin!.end();
    watcher?.unref();
  }

  private restart(gone: ChildProcess): void {
    if (this.watcher !== gone) return;
    this.watcher = undefined;
    this.start().then(
      () => this.members.forEach((group) => this.watcher?.stdin!.write(`+ ${group}\n`)),
      // Without a shell the commands still run; but nothing ends them if the worker is killed.
      () => (this.watcher = undefined),
    );
  }
}

/** Signals every process of the group. */
export function signalGroup(group: number, signal: NodeJS.Signals): void {
  signalProcess(-group, signal);
}

/** Signals a process, or the group whose negative id it is. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // ESRCH: it is gone. EPERM: another user's process has its id, or on macOS the rest of the group is a zombie.
    if (!["ESRCH", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}
