import { execFile } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { packageRoot } from "../../../contract/packageRoot";

/** A Docker engine of the suite's own. */
export interface Engine {
  /** Ends with the engine. */
  folder: string;
  /** The client, and the environment by which it finds this engine. */
  client: string;
  env: NodeJS.ProcessEnv;
  /** Runs the client, and gives what it wrote. */
  docker(...args: string[]): Promise<string>;
  stop: () => Promise<void>;
}

type Started =
  { docker: string; env: NodeJS.ProcessEnv; stop: () => Promise<void>; problem?: undefined } | { problem: string };

export async function startEngine(): Promise<Engine> {
  const folder = mkdtempSync(join(tmpdir(), "docker-"));
  const tool = pathToFileURL(join(packageRoot(), "tools", "fetch", "container.mjs")).href;
  const { startEngine: start } = (await import(tool)) as { startEngine: (folder: string) => Promise<Started> };
  const started = await start(folder);
  if (started.problem !== undefined) throw new Error(started.problem);
  const { docker: client, env, stop } = started;
  return { folder, client, env, stop, docker: (...args) => run(client, args, { env }) };
}

/** Runs a command to its end, and gives its standard output; a failure says all that it wrote. */
export function run(command: string, args: string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}) {
  return new Promise<string>((resolve, reject) => {
    execFile(command, args, { ...options, maxBuffer: 64e6 }, (error, stdout, stderr) =>
      error ? reject(new Error(`${error.message}\n${stdout}\n${stderr}`, { cause: error })) : resolve(stdout),
    );
  });
}
