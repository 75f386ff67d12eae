import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { S3Client } from "@aws-sdk/client-s3";
import { packageRoot } from "../../contract/packageRoot";
import type { CloudOptions } from "../../local-cloud/cloud";
import { startTestCloud, type TestCloud, until } from "../local-cloud/support";

const root = packageRoot();

/** An example of the repository, up in a local cloud of its own. */
export interface RunningExample {
  test: TestCloud;
  outputs: Record<string, unknown>;
  s3: S3Client;
  /** Submits a job, waits for its end, and gives its record; or the problem for which the API refuses it. */
  run(type: string, payload: unknown): Promise<Record<string, unknown>>;
  /** Asks the API. */
  get(path: string): Promise<Record<string, unknown>>;
  stop(): Promise<void>;
}

/** Copies an example into a folder of its own, and compiles it against the built package, as a consumer would. */
export function compileExample(name: string): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "example ")));
  cpSync(join(root, "examples", name), folder, { recursive: true });
  linkPackages(join(folder, "node_modules"));
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  execFileSync(process.execPath, [compiler, "-p", folder, "--noEmit", "false"], { stdio: "inherit" });
  return folder;
}

/** Compiles an example, and brings its program up from its folder. */
export async function startExample(
  name: string,
  config: Record<string, string> = {},
  options: Partial<CloudOptions> = {},
): Promise<RunningExample> {
  const folder = compileExample(name);
  const before = process.cwd();
  process.chdir(folder);
  const test = await startTestCloud(options);
  const stop = async () => {
    await test.stop();
    process.chdir(before);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const settings = Object.fromEntries(Object.entries(config).map(([key, value]) => [`test:${key}`, value]));
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- the program runs where it is loaded
    const outputs = await test.up(() => require(join(folder, "index.js")) as unknown, settings);
    const { endpoint, region, credentials } = test.cloud;
    const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
    const call = async (path: string, init?: RequestInit) => {
      const response = await fetch(new URL(path, outputs.url as string), init);
      return (await response.json()) as Record<string, unknown>;
    };
    const run = async (type: string, payload: unknown) => {
      const headers = { "content-type": "application/json" };
      const body = JSON.stringify({ type, payload });
      const submitted = await call("jobs", { method: "POST", headers, body });
      if (submitted.status !== undefined) return submitted;
      return until(
        async () => {
          const job = await call(`jobs/${String(submitted.id)}`);
          return (job.state === "succeeded" || job.state === "failed") && job;
        },
        () => `the end of ${type} ${String(submitted.id)}`,
      );
    };
    return { test, outputs, s3, run, get: (path) => call(path), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The package under its own name, and the packages that it is installed with. */
function linkPackages(folder: string): void {
  mkdirSync(folder);
  for (const name of readdirSync(join(root, "node_modules"))) {
    if (!name.startsWith(".")) symlinkSync(join(root, "node_modules", name), join(folder, name));
  }
  symlinkSync(root, join(folder, "batch-job-processor"));
}
