import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { atExit } from "./atExit";
import type { LogEntry } from "./log";

export interface ChildSettings {
  /** A JavaScript file, run by this Node, or a command that has no IPC channel. */
  main: string | { command: string };
  args?: string[];
  cwd: string;
  env: Record<string, string>;
  onLine: (stream: LogEntry["stream"], line: string) => void;
}

const living = new Set<ChildProcess>();

// A crash of this process closes the children's IPC channels, upon which they end; an orderly exit doesn't wait for
// that.
atExit(() => living.forEach((child) => kill(child, "SIGKILL")));

/**
 * Starts a process with an IPC channel, in a process group of its own: a Ctrl-C in the terminal reaches only the
 * parent, which decides, and the child's own processes end with it.
 */
export function startChild(settings: ChildSettings): ChildProcess {
  const { main, args = [], cwd, env } = settings;
  const [command, given] = typeof main === "string" ? [process.execPath, [main, ...args]] : [main.command, args];
  const channel = typeof main === "string" ? (["ipc"] as const) : [];
  const child = spawn(command, given, { cwd, env, stdio: ["ignore", "pipe", "pipe", ...channel], detached: true });
  living.add(child);
  child.once("exit", () => {
    living.delete(child);
    kill(child, "SIGKILL");
  });
  child.once("error", (error) => {
    settings.onLine("stderr", error.message);
    const isStarted = child.pid !== undefined;
    if (!isStarted) child.emit("exit", null, null);
  });
  for (const stream of ["stdout", "stderr"] as const) {
    createInterface({ input: child[stream]! }).on("line", (line) => settings.onLine(stream, line));
  }
  return child;
}

/**
 * Asks the child to end, and kills it once the grace is over. Resolves when it is gone and its last lines are read; a
 * process that it left in another group, and that holds its output open, is waited for no longer than a second.
 */
export async function endChild(child: ChildProcess, graceMilliseconds: number): Promise<void> {
  if (!living.has(child)) return;
  const gone = once(child, "exit");
  const isRead = once(child, "close");
  if (graceMilliseconds > 0) child.kill("SIGTERM");
  const timer = setTimeout(() => kill(child, "SIGKILL"), graceMilliseconds);
  await gone;
  clearTimeout(timer);
  await Promise.race([isRead, delay(1_000, undefined, { ref: false })]);
}

/** Signals the child's whole process group. */
export function kill(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** The part of this process's environment that a child may see. */
export function bareEnvironment(): Record<string, string> {
  const names = ["PATH", "LANG", "SystemRoot", "TMPDIR", "TEMP"];
  const present = Object.entries(process.env).filter(([name]) => names.includes(name));
  return Object.fromEntries(present) as Record<string, string>;
}
