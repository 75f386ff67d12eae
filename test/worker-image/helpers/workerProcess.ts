import { type ChildProcess, fork, type StdioOptions } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import { until } from "../../support/until";
import { distFolder } from "./build";

const running = new Set<ChildProcess>();

/** A worker as a process of its own, which is what the image runs. */
export class WorkerProcess {
  readonly events: Record<string, unknown>[] = [];
  errorOutput = "";
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  private readonly child: ChildProcess;

  constructor(environment: Record<string, string>, entry = path.join(distFolder, "main.js")) {
    const stdio: StdioOptions = ["ignore", "pipe", "pipe", "ipc"];
    const env = { PATH: process.env.PATH, NODE_NO_WARNINGS: "1", ...environment };
    this.child = fork(entry, [], { env, stdio, execArgv: [] });
    running.add(this.child);
    this.child.stderr!.on("data", (data: Buffer) => (this.errorOutput += data.toString()));
    const lines = createInterface({ input: this.child.stdout! });
    lines.on("line", (line) => this.events.push(JSON.parse(line) as Record<string, unknown>));
    // Not "close", which never comes once the channel to the child is disconnected.
    this.exited = Promise.all([once(this.child, "exit"), once(lines, "close")]).then(([[code, signal]]) => {
      running.delete(this.child);
      return { code: code as number | null, signal: signal as NodeJS.Signals | null };
    });
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Waits for the worker to say so. */
  async event(name: string): Promise<Record<string, unknown>> {
    return until(
      () => this.events.find(({ event }) => event === name),
      () => `${name}; got ${JSON.stringify(this.events)} ${this.errorOutput}`,
    );
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  disconnect(): void {
    this.child.disconnect();
  }
}

/** Kills what a test left, and fails it for that. */
export async function expectNoWorkers(): Promise<void> {
  const left = [...running];
  for (const child of left) {
    const exited = once(child, "exit");
    if (child.kill("SIGKILL")) await exited;
  }
  running.clear();
  if (left.length > 0) throw new Error(`The test left ${left.length} worker processes`);
}
