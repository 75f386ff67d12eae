import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { packageRoot } from "../../local-cloud/program/packageFolder";

/** Outcome of a run of the command line. */
export interface Run {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  /** Standard input. @default nothing */
  input?: string;
  env?: Record<string, string>;
  cwd?: string;
  /** Told of the child once it runs. */
  onStart?: (child: ChildProcess) => void;
}

export const cliMain = join(packageRoot(), "dist", "cli", "main.js");

/**
 * Runs the built command line as a child process: of this process's environment it has the PATH, and where runs are
 * found.
 */
export async function runCli(args: string[], { input = "", env = {}, cwd, onStart }: RunOptions = {}): Promise<Run> {
  const child = spawn(process.execPath, [cliMain, ...args], {
    cwd,
    env: {
      ...{ PATH: process.env.PATH, XDG_STATE_HOME: process.env.XDG_STATE_HOME },
      ...{ AWS_EC2_METADATA_DISABLED: "true", ...env },
    },
    stdio: ["pipe", "pipe", "pipe"],
  });
  // A command that doesn't read its input may end before it is written.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  onStart?.(child);
  const ended = new Promise<number | null>((resolve, reject) => child.on("error", reject).on("close", resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, stdout, stderr };
}

/** The JSON that a run printed. */
export function jsonOf<T = Record<string, unknown>>({ stdout, stderr }: Run): T {
  try {
    return JSON.parse(stdout) as T;
  } catch {
    throw new Error(`Expected JSON, got ${stdout || "nothing"}; standard error: ${stderr}`);
  }
}
