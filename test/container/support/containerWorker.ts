import { spawn, spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../support/freePort";

/** Environment for running an instance's worker in a container. */
export interface ContainerWorkers {
  /** Folder of the instances' files. */
  folder: string;
  /** The scripts and units of instances. */
  boot: string;
  client: string;
  /** Address of the engine for its client. */
  env: Record<string, string>;
  /** Settings of the scripts (`boot.env`) by type; a type without them has its worker on this machine, as always. */
  settings: Record<string, string>;
  workerMain: string;
}

/**
 * In the place of a worker's main module: what systemd does on an instance. The command is the unit's own, `run.sh`,
 * which starts the container with the unit's own flags. Left out are the log driver, since there is no CloudWatch, and
 * the fixed name and health port, since all instances are one machine here.
 */
export async function runWorker(workers: ContainerWorkers): Promise<void> {
  const { WORKER_ID: id, WORKER_TYPE: type } = process.env;
  const settings = workers.settings[type!];
  if (settings === undefined) return void (await import(workers.workerMain));
  const folder = join(workers.folder, id!);
  const scripts = join(folder, "scripts");
  cpSync(workers.boot, scripts, { recursive: true });
  writeFileSync(join(scripts, "boot.env"), `${settings}\n`);
  writeFileSync(join(scripts, "environment"), environment());
  mkdirSync(join(folder, "bin"));
  writeFileSync(join(folder, "bin", "docker"), wrapper(workers.client, id!, await freePort()));
  chmodSync(join(folder, "bin", "docker"), 0o755);
  const unit = readFileSync(join(workers.boot, "batch-job-worker.service"), "utf8");
  const [, command] = /^ExecStart=\/etc\/batch-job-worker\/(.*)$/m.exec(unit)!;
  const env = {
    ...workers.env,
    PATH: `${join(folder, "bin")}:${process.env.PATH}`,
    AWS_EC2_METADATA_SERVICE_ENDPOINT: process.env.AWS_EC2_METADATA_SERVICE_ENDPOINT,
    DISK_FOLDER: join(folder, "disk"),
  };
  const child = spawn("bash", [join(scripts, command!)], { env, stdio: ["ignore", "inherit", "inherit"] });
  child.once("exit", (code) => process.exit(code ?? 1));
  const docker = ["stop", "-t", /^STOP_SECONDS='(\d+)'$/m.exec(settings)![1]!, id!];
  process.once("SIGTERM", () => spawn(workers.client, docker, { env, stdio: "ignore" }));
  process.once("disconnect", () => {
    spawnSync(workers.client, ["kill", id!], { env, stdio: "ignore" });
    process.exit(1);
  });
}

/** The worker's environment from user data, and the local cloud's address in place of AWS. */
function environment(): string {
  const machine = /^(PATH|LANG|HOME|TMPDIR|TEMP|WORKER_(ID|EXIT_WITH_PARENT|SCRATCH_DIR)|NODE_.*)$/;
  const variables = Object.entries(process.env).filter(([name]) => !machine.test(name));
  return variables.map(([name, value]) => `${name}=${value}\n`).join("");
}

function wrapper(client: string, name: string, port: number): string {
  return `#!/bin/bash
arguments=()
while (($#)); do
  case $1 in
    --log-driver | --log-opt) shift ;;
    --name) arguments+=("$1" '${name}') && shift ;;
    WORKER_HEALTH_PORT=*) arguments+=('WORKER_HEALTH_PORT=${port}') ;;
    *) arguments+=("$1") ;;
  esac
  shift
done
printf '%s\\n' "\${arguments[@]}" > "\${0%/*}/arguments"
exec '${client}' "\${arguments[@]}"
`;
}
