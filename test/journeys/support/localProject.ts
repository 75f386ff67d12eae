import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { JobClient } from "../../../client/index";
import { packageRoot } from "../../../contract/packageRoot";
import { cliMain } from "../../cli/support";

/** `batch-jobs local` in a project of its own, which is removed with it. */
export interface LocalProject {
  folder: string;
  client: JobClient;
  /** Lines on standard error. */
  said: readonly string[];
  write(file: string, text: string): void;
  /** Resolves to the first line, said or still to come, that matches. */
  line(pattern: RegExp): Promise<string>;
  /** Writes a file, and resolves to the line by which the command says what came of it. */
  save(file: string, text: string): Promise<string>;
  run(type: string, payload?: unknown): Promise<unknown>;
  /** Ends the command alone: the folder stays. */
  end(signal: NodeJS.Signals): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the command with these options; rejects with what it said if it ends instead. */
export async function startProject(
  options: string[],
  files: Record<string, string>,
  existing?: string,
): Promise<LocalProject> {
  const folder = existing ?? realpathSync(mkdtempSync(join(tmpdir(), "watched ")));
  const write = (file: string, text: string) => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    // What holds secrets is refused if others may read it. On a busy machine a half-written file would be read.
    writeFileSync(`${folder}.next`, text, { mode: 0o600 });
    renameSync(`${folder}.next`, join(folder, file));
  };
  if (existing === undefined) installPackages(folder);
  write("Pulumi.yaml", "name: watched\nruntime: nodejs\n");
  write("Pulumi.dev.yaml", "config: {}\n");
  for (const [file, text] of Object.entries(files)) write(file, text);
  const child: ChildProcess = spawn(process.execPath, [cliMain, "local", "--json", ...options], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said: string[] = [];
  const waiting: { matches: (line: string) => boolean; resolve: (line: string) => void }[] = [];
  createInterface(child.stderr!).on("line", (line) => {
    said.push(line);
    const index = waiting.findIndex(({ matches }) => matches(line));
    if (index >= 0) waiting.splice(index, 1)[0]!.resolve(line);
  });
  const exited = once(child, "close");
  const first = once(createInterface(child.stdout!), "line") as Promise<[string]>;
  const [line] = await Promise.race([
    first,
    exited.then(() => {
      throw new Error(`The command ended: ${said.join("\n")}`);
    }),
  ]);
  const client = new JobClient({ url: (JSON.parse(line) as { url: string }).url });
  const next = (matches: (line: string) => boolean) =>
    new Promise<string>((resolve) => waiting.push({ matches, resolve }));
  return {
    folder,
    client,
    said,
    write,
    line: async (pattern) => said.find((each) => pattern.test(each)) ?? next((each) => pattern.test(each)),
    save(file, text) {
      const answer = next((each) => each.includes(`${file}: `));
      write(file, text);
      return answer;
    },
    run: async (type, payload = {}) => (await client.wait(await client.submit(type, payload))).result,
    async end(signal) {
      child.kill(signal);
      await exited;
    },
    async stop() {
      child.kill("SIGINT");
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function installPackages(folder: string): void {
  mkdirSync(join(folder, "node_modules"));
  for (const name of readdirSync(join(packageRoot(), "node_modules"))) {
    if (!name.startsWith("."))
      symlinkSync(join(packageRoot(), "node_modules", name), join(folder, "node_modules", name));
  }
  symlinkSync(packageRoot(), join(folder, "node_modules", "batch-job-processor"));
}
