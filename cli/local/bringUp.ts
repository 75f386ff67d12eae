import { existsSync, realpathSync } from "node:fs";
import { join, resolve, sep } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { consoleFolder, workerMain } from "../../contract/packageRoot";
import {
  deploy,
  loadStackConfig,
  type LocalCloud,
  type LogEntry,
  type Program,
  type Project,
  type StackOutputs,
  startCloud,
  startEngine,
} from "../../local-cloud/index";
import { paint } from "../output/styled";
import { endWithOutput, err } from "../output/terminal";
import { aboutProcessors } from "./aboutProcessors";
import { inspectorVariables } from "./inspector";

export interface RunningStack {
  cloud: LocalCloud;
  /** The program's outputs. */
  outputs: StackOutputs;
  /** Seconds from the start of this process until the stack was up. */
  seconds: number;
  /**
   * Runs the program again, in place of what is up: queues, records, objects and jobs at work stay.
   *
   * @throws Error where the program fails; what it hadn't come to stays as it was.
   */
  redeploy(changedFiles: string[]): Promise<StackOutputs>;
}

export interface BringUpOptions {
  project: Project;
  program: Program;
  stack: string;
  port?: number;
  /** True if the HTTP APIs require what their authorization says. */
  enforceAuth?: boolean;
  /** First port on which handlers let debuggers attach; their attempts then have no timeout. @default - none */
  inspect?: number;
  /**
   * Folder of the handler modules of an own image, in place of which the worker's own serve. @default - `processors`
   * beside Pulumi.yaml, if it is there
   */
  processors?: string;
  /** Folder that keeps queues, records, objects and schedules between runs. @default - they end with this one */
  data?: string;
  /** File of stand-ins for what isn't emulated. @default - `local.yaml` beside Pulumi.yaml, if it is there */
  standIns?: string;
  /** True if what isn't emulated is refused. */
  strict?: boolean;
  /** True for a program that reads what is printed: no line at once says what is being done. */
  json?: boolean;
  log: (entry: LogEntry) => void;
}

// The SDK's warning about Node 20 concerns this package's maintainers, not the developer.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";

/**
 * Brings a project's program up in a local cloud. Ctrl-C and SIGTERM then stop the cloud and end the process.
 *
 * @throws Error if there is no such stack file, the program fails, or the port is taken.
 */
export async function bringUp(options: BringUpOptions): Promise<RunningStack> {
  const { project, program, stack, port, enforceAuth, inspect, json, log } = options;
  if (!json) err.line(paint.dim(`Bringing up the stack ${stack} …`));
  // Relative to the folder that the command was run in.
  const standInsFile = options.standIns && resolve(options.standIns);
  const processorsDir = processorsOf(options);
  const data = options.data === undefined ? undefined : resolve(options.data);
  process.chdir(project.workingFolder);
  const { secrets, ...files } = loadStackConfig(project, stack, standInsFile);
  const cloud = await startCloud({
    ...{ workerMain: workerMain(), console: consoleFolder(), folder: realpathSync(project.folder) },
    ...{ port, enforceAuth, region: files.config["aws:region"], secrets, log },
    workerEnvironment: {
      ...(inspect !== undefined && inspectorVariables(inspect)),
      ...(processorsDir !== undefined && { WORKER_PROCESSORS_DIR: processorsDir }),
    },
    data: data === undefined ? undefined : { folder: data, owner: `${project.name}/${stack}` },
  });
  endWith(cloud, data);
  const up = { program: program.run, cloud, project: project.name, stack, isStrict: options.strict };
  const deployProgram = project.runtime === "nodejs" ? deploy : await startEngine(project, cloud);
  const tellOutputs = (told: StackOutputs) => cloud.regions().forEach(({ apis }) => apis.tellOutputs(told));
  const outputs = await deployProgram({ ...up, ...files });
  tellOutputs(outputs);
  const said = new Set<string>();
  const tellAboutProcessors = () => {
    for (const { type, line } of aboutProcessors(cloud, processorsDir)) {
      if (!said.has(`${type} ${line}`)) log({ source: "cloud", name: type, stream: "stderr", line });
      said.add(`${type} ${line}`);
    }
  };
  tellAboutProcessors();
  let workersSecrets = secrets;
  const redeploy = async (changedFiles: string[]) => {
    const { secrets: given, ...changedStack } = loadStackConfig(project, stack, standInsFile);
    for (const { secrets: store } of cloud.regions()) store.given = given;
    try {
      const changed = await deployProgram({ ...up, ...changedStack, isUpdate: true });
      tellAboutProcessors();
      tellOutputs(changed);
      return changed;
    } finally {
      // Also if the program fails: modules and secrets are none of its.
      const isModule = (file: string) => processorsDir !== undefined && file.startsWith(join(processorsDir, sep));
      const isOutdated = changedFiles.some(isModule) || !isDeepStrictEqual(given, workersSecrets);
      const groups = cloud.regions().flatMap((region) => region.groups.list());
      for (const group of groups) group.replaceOutdated(isOutdated);
      workersSecrets = given;
    }
  };
  return { cloud, outputs, seconds: process.uptime(), redeploy };
}

/** @throws Error if the folder that is named isn't there. */
function processorsOf({ project, processors }: BringUpOptions): string | undefined {
  const folder = resolve(processors ?? join(project.folder, "processors"));
  if (existsSync(folder)) return folder;
  if (processors !== undefined) throw new Error(`Expected a folder of handler modules at ${folder}, found none`);
  return undefined;
}

/** Stops cloud and process at a signal, where the output is closed, and once the folder of data can't be written. */
function endWith(cloud: LocalCloud, dataFolder: string | undefined): void {
  stopOnSignal(cloud);
  void cloud.data?.failure.then((error) => {
    err.line([paint.red("✖"), ` ${dataFolder} can't be written, so that this run ends: ${error.message}`]);
    process.exit(1);
  });
  endWithOutput((exit) => void cloud.stop().finally(exit));
}

function stopOnSignal(cloud: LocalCloud): void {
  let isStopping = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      // The second one doesn't wait for workers to drain; children end with their parent.
      if (isStopping) process.exit(130);
      isStopping = true;
      if (err.isTerminal) err.line("\nStopping. Press Ctrl-C again to stop immediately");
      void cloud.stop().finally(() => process.exit(process.exitCode ?? (signal === "SIGINT" ? 130 : 143)));
    });
  }
}
