import { ChildProcess, spawn } from "node:child_process";

/** Reads "+ pid" and "- pid" until the worker is gone, then kills the groups that are left. */
const script = `
groups=" "
while read -r sign group; do
  case $sign in
    +) groups="$groups$group " ;;
    -) groups="\${groups%%" $group "*} \${groups#*" $group "}" ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group"; done 2>/dev/null
`;

/**
 * The process groups of the commands at work. Each command has a group of its own, so that a signal reaches all it
 * started; that also means that it would outlive a worker that is killed, unless someone watches: a shell that waits for
 * the end of the worker's pipe.
 */
export class ProcessGroups {
  private readonly members = new Set<number>();
  private watcher?: ChildProcess;

  /** Rejects where there is no shell. */
  start(): Promise<void> {
    const watcher = spawn("/bin/sh", ["-c", script], { stdio: ["pipe", "ignore", "ignore"], detached: true });
    this.watcher = watcher;
    // A watcher that died takes nothing with it but the watch; its exit is dealt with below.
    watcher.stdin.on("error", () => undefined);
    watcher.on("exit", () => this.restart(watcher));
    return new Promise((resolve, reject) => {
      watcher.once("spawn", resolve);
      watcher.on("error", (cause) => reject(new Error("Commands need a shell at /bin/sh in the image", { cause })));
    });
  }

  add(group: number): void {
    this.members.add(group);
    this.watcher?.stdin!.write(`+ ${group}\n`);
  }

  /** Kills what is left of the group, and forgets it. */
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
    this.start().then(
      () => this.members.forEach((group) => this.watcher?.stdin!.write(`+ ${group}\n`)),
      // Without a shell the commands still run; only nobody ends them should the worker be killed.
      () => (this.watcher = undefined),
    );
  }
}

/** Signals every process of the group. */
export function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch (error) {
    // ESRCH: the group is gone. EPERM: what is left of it belongs to another user, or on macOS is a zombie.
    if (!["ESRCH", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}
