import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { JobClient } from "../client/index";
import { packageRoot } from "../contract/packageRoot";

/** The project to run, and how. */
export interface StartLocalOptions {
  /** The project's folder, or one within it. @default - the working folder */
  folder?: string;
  /** Name of the stack whose settings count. @default "dev" */
  stack?: string;
  /** Port of the HTTP API. @default - a free one */
  port?: number;
}

/** A stack that runs on this machine. */
export interface LocalStack {
  /** URL of its API. */
  url: string;
  client: JobClient;
  /** Outputs of its program. */
  outputs: Record<string, unknown>;
  /** Stops it, with all that it started. */
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();

// One listener for all: Node takes more than ten of an event for a leak.
process.on("exit", () => running.forEach((child) => child.kill()));

/**
 * Runs a project's whole system on this machine, as `batch-jobs local` does, for tests: stop it when they are done. It
 * ends with this process in any case.
 *
 * @throws Error with what the command said if the stack doesn't come up.
 */
export async function startLocal({ folder = ".", stack = "dev", port }: StartLocalOptions = {}): Promise<LocalStack> {
  const main = join(packageRoot(), "dist", "cli", "main.js");
  const args = [
    "local",
    "--json",
    "-C",
    folder,
    "--stack",
    stack,
    ...(port === undefined ? [] : ["--port", `${port}`]),
  ];
  const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  child.once("exit", () => running.delete(child));
  const said: string[] = [];
  createInterface(child.stderr).on("line", (line) => said.push(line));
  const ended = once(child, "close");
  const lines = createInterface(child.stdout);
  const first = await Promise.race([once(lines, "line") as Promise<[string]>, ended.then(() => undefined)]);
  const stop = async () => {
    child.kill();
    await ended;
  };
  if (first === undefined) {
    throw new Error(`The stack ${stack} did not come up: ${said.join("\n") || "the command said nothing"}`);
  }
  const { url, outputs } = JSON.parse(first[0]) as { url: string; outputs: Record<string, unknown> };
  return { url, outputs, client: new JobClient({ url }), stop };
}
