import { execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { parse, stringify } from "yaml";
import { packageRoot, workerMain } from "../../contract/packageRoot";
import { type CloudOptions, type LocalCloud, startCloud } from "../../local-cloud/cloud";
import { type ProviderServer, serveProvider } from "../../local-cloud/engine/providerServer";
import type { LogEntry } from "../../local-cloud/log";

/** The engine's step for one resource. */
export interface Step {
  op: string;
  urn: string;
  type: string;
  /** Logical name. */
  name: string;
  /** Inputs that differ, of an update or replacement. */
  diffs: string[];
}

export interface Run {
  code: number;
  /** Standard output and error, as a person would see it. */
  text: string;
  /** Of every resource that was touched: steps that found nothing to do are left out. */
  steps: Step[];
  /** Of the whole command: the program's part, and the engine's and the providers'. */
  seconds: number;
}

/** A project folder, and a local cloud that the real engine deploys it to. */
export interface Engine {
  folder: string;
  cloud: LocalCloud;
  provider: ProviderServer;
  logs: LogEntry[];
  /** Runs a command of the CLI on the stack, whatever its exit code. */
  run(stack: string, command: string, ...options: string[]): Promise<Run>;
  /** Runs a command that must succeed. */
  succeed(stack: string, command: string, ...options: string[]): Promise<Run>;
  /** Writes the stack's file: its configuration, by full key. */
  configure(stack: string, config: Record<string, unknown>): Promise<void>;
  /** Changes the copied program. */
  edit(file: string, from: string, to: string): void;
  outputs(stack: string): Promise<Record<string, unknown>>;
  stop(): Promise<void>;
}

/** The project's own program and what it imports. */
const programFiles = [
  ...["index.ts", "components", "contract", "functions", "openapi.json"],
  ...["package.json", "tools", "tsconfig.json"],
];

/** @param hasYaml whether programs in Pulumi YAML are to run too */
export async function startEngine({
  hasYaml = false,
  ...options
}: Partial<CloudOptions> & { hasYaml?: boolean } = {}): Promise<Engine> {
  const logs: LogEntry[] = [];
  const path = await cliPath(hasYaml);
  const cloud = await startCloud({ workerMain: workerMain(), log: (entry) => void logs.push(entry), ...options });
  const home = mkdtempSync(join(tmpdir(), "engine-"));
  const folder = join(home, "project");
  const provider = await serveProvider(cloud, folder);
  writeProject(folder);
  mkdirSync(join(home, "state"));
  const env = {
    ...process.env,
    PATH: [path, process.env.PATH].join(delimiter),
    PULUMI_HOME: join(home, "home"),
    PULUMI_BACKEND_URL: `file://${join(home, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: "local",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    PULUMI_DEBUG_PROVIDERS: provider.addresses(),
    // Else there is no `--event-log`.
    PULUMI_DEBUG_COMMANDS: "true",
    NODE_NO_WARNINGS: "1",
  };
  const pulumi = (...args: string[]) => execute("pulumi", [...args, "--non-interactive"], { cwd: folder, env });
  const run = async (stack: string, command: string, ...more: string[]): Promise<Run> => {
    const log = join(home, `events-${Date.now()}.json`);
    const unattended = command === "preview" ? [] : ["--yes", "--skip-preview"];
    const flags = ["--stack", stack, "--event-log", log, ...unattended];
    const started = Date.now();
    const { code, text } = await pulumi(command, ...flags, ...more);
    const events = existsSync(log) ? readEvents(log) : [];
    return { code, text, steps: stepsOf(events), seconds: (Date.now() - started) / 1_000 };
  };
  const must = async (result: Promise<{ code: number; text: string }>) => {
    const { code, text } = await result;
    if (code !== 0) throw new Error(`Expected exit code 0, got ${code}:\n${text}`);
    return text;
  };
  return {
    folder,
    cloud,
    provider,
    logs,
    run,
    succeed: async (...args) => {
      const result = run(...args);
      await must(result);
      return result;
    },
    configure: async (stack, config) => {
      if (!existsSync(join(folder, `Pulumi.${stack}.yaml`))) await must(pulumi("stack", "init", stack));
      const file = join(folder, `Pulumi.${stack}.yaml`);
      const before = existsSync(file) ? (parse(readFileSync(file, "utf8")) as object | null) : {};
      writeFileSync(file, stringify({ ...before, config }));
    },
    edit: (file, from, to) => {
      edit(join(folder, file), from, to);
      if (/^(functions|contract)\//.test(file)) buildLambdas(folder);
    },
    outputs: async (stack) => {
      const text = await must(pulumi("stack", "output", "--json", "--stack", stack));
      return JSON.parse(text) as Record<string, unknown>;
    },
    stop: async () => {
      provider.stop();
      await cloud.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function writeProject(folder: string): void {
  const root = packageRoot();
  mkdirSync(folder, { recursive: true });
  for (const name of programFiles) cpSync(join(root, name), join(folder, name), { recursive: true });
  // A removal waits until all functions have forgotten the type: nobody waits for a minute in a test.
  edit(join(folder, "contract", "limits.ts"), "typeCacheSeconds: 60", "typeCacheSeconds: 1");
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  buildLambdas(folder);
  const image = join(folder, "worker-image");
  mkdirSync(image);
  for (const name of ["boot", "Dockerfile", "package.json", "dist"]) {
    cpSync(join(root, "worker-image", name), join(image, name), { recursive: true });
  }
  cpSync(join(root, "Pulumi.yaml"), join(folder, "Pulumi.yaml"));
}

/** Makes the Lambdas' text of the folder's sources. */
export function buildLambdas(folder: string): void {
  execFileSync(process.execPath, [join(folder, "tools", "build", "lambdas.mjs")], {
    stdio: ["ignore", "ignore", "inherit"],
  });
}

function edit(file: string, from: string, to: string): void {
  const text = readFileSync(file, "utf8");
  if (!text.includes(from)) throw new Error(`Expected ${file} to hold: ${from}`);
  writeFileSync(file, text.replace(from, to));
}

const folders = new Map<boolean, Promise<string>>();

/** Folders of the CLI, which is built at the first time, where there is none. */
export function cliPath(hasYaml: boolean): Promise<string> {
  const known = folders.get(hasYaml);
  if (known) return known;
  const args = [join(packageRoot(), "tools", "fetch", "pulumiCli.mjs"), ...(hasYaml ? ["--yaml"] : [])];
  const found = execute(process.execPath, args, { cwd: packageRoot(), env: process.env }).then(
    ({ code, text, stdout }) => {
      if (code !== 0) throw new Error(text);
      return stdout.trim();
    },
  );
  folders.set(hasYaml, found);
  return found;
}

interface Execution {
  code: number;
  text: string;
  stdout: string;
}

function execute(
  command: string,
  args: string[],
  options: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<Execution> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    let [text, stdout] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      stdout += chunk.toString();
    });
    child.stderr.on("data", (chunk: Buffer) => (text += chunk.toString()));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? 1, text, stdout }));
  });
}

interface EngineEvent {
  resourcePreEvent?: { metadata: { op: string; urn: string; type: string; diffs?: string[] } };
}

function readEvents(file: string): EngineEvent[] {
  const lines = readFileSync(file, "utf8").split("\n").filter(Boolean);
  return lines.map((line) => JSON.parse(line) as EngineEvent);
}

/** Of everything but the stack itself and the providers that the engine adds. */
function stepsOf(events: EngineEvent[]): Step[] {
  return events.flatMap(({ resourcePreEvent }) => {
    if (!resourcePreEvent) return [];
    const { op, urn, type, diffs = [] } = resourcePreEvent.metadata;
    if (op === "same" || type.startsWith("pulumi:")) return [];
    return [{ op, urn, type, name: urn.split("::").at(-1)!, diffs }];
  });
}
