import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { createProgram } from "../../cli/program";
import { reportFailure } from "../../cli/reportFailure";
import { packageRoot } from "../../contract/packageRoot";
import { copyEnvironment, restoreEnvironment } from "../support/environment";

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
}

interface TerminalOptions {
  /** True if standard input is a terminal. @default false */
  isTerminal?: boolean;
  /** Columns of standard output, as a terminal. @default - it is none */
  columns?: number;
}

export interface SpawnOptions extends RunOptions {
  cwd?: string;
  /** Told of the child once it runs. */
  onStart?: (child: ChildProcess) => void;
}

export const cliMain = join(packageRoot(), "dist", "cli", "main.js");

/** Of this process's environment, a run has the PATH, and where runs are found. */
const environmentOf = (env: Record<string, string>) => ({
  ...{ PATH: process.env.PATH, XDG_STATE_HOME: process.env.XDG_STATE_HOME },
  ...{ AWS_EC2_METADATA_DISABLED: "true", ...env },
});

/** Thrown where a run ends the process. */
class Exit extends Error {
  constructor(readonly code: number) {
    super(`The process ends with ${code}`);
  }
}

/** Runs the command line within this process, whose streams, environment and end are those of the run meanwhile. */
export async function runCli(
  args: string[],
  { input = "", env = {}, isTerminal = false, columns }: RunOptions & TerminalOptions = {},
  program = createProgram(),
): Promise<Run> {
  const written = { stdout: "", stderr: "" };
  const streamOf = (name: keyof typeof written) => ({ write: (text: string) => void (written[name] += text) });
  const exit = (code: number) => {
    throw new Exit(code);
  };
  const stdin = Object.assign(Readable.from([input]), { isTTY: isTerminal });
  const stdout = { ...streamOf("stdout"), ...(columns !== undefined && { isTTY: true, columns }) };
  const standIns = { stdin, stdout, stderr: streamOf("stderr"), exit };
  const own = Object.entries(standIns).map(([name, value]) => {
    const descriptor = Object.getOwnPropertyDescriptor(process, name)!;
    Object.defineProperty(process, name, { value, configurable: true });
    return [name, descriptor] as const;
  });
  const { exitCode } = process;
  const environment = copyEnvironment();
  restoreEnvironment(environmentOf(env));
  try {
    process.exitCode = 0;
    await program.parseAsync(args, { from: "user" }).catch((error: unknown) => {
      process.exitCode = error instanceof Exit ? error.code : reportFailure(error);
    });
    return { code: process.exitCode, ...written };
  } finally {
    process.exitCode = exitCode;
    restoreEnvironment(environment);
    for (const [name, descriptor] of own) Object.defineProperty(process, name, descriptor);
  }
}

/** Runs the built command line as a child process. */
export async function spawnCli(
  args: string[],
  { input = "", env = {}, cwd, onStart }: SpawnOptions = {},
): Promise<Run> {
  const stdio = ["pipe", "pipe", "pipe"] as ["pipe", "pipe", "pipe"];
  const child = spawn(process.execPath, [cliMain, ...args], { cwd, env: environmentOf(env), stdio });
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
