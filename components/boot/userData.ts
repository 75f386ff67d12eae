import { readFileSync } from "node:fs";
import { join } from "node:path";
import { environmentFile, hereDocument, writeEnvironment } from "../../contract/environmentFile";
import { limits } from "../../contract/limits";
import { parseEcrImage } from "../aws/permissions";
import { workerImageFolder } from "../aws/workerImageFolder";

/** Contents of an instance's user data. */
export interface UserDataArgs {
  type: string;
  image: string;
  /** ARN of the secret with which the image is pulled from a registry other than ECR. */
  registryCredentials?: string;
  region: string;
  logGroup: string;
  /** The hook at which the group waits for the worker. */
  launchHook: string;
  /** Variables of the worker; one line each, since Docker's `--env-file` has no quoting. */
  environment: Record<string, string>;
  /** Seconds that Docker waits for the worker's own drain before it kills it. */
  stopTimeoutSeconds: number;
  /** True if the container gets the instance's GPUs. */
  gpu?: boolean;
  /** True if the worker's folders are on the instance store. */
  instanceStore?: boolean;
}

/** Folder of the scripts and their settings on an instance. */
const folder = "/etc/batch-job-worker";
const units = "/etc/systemd/system";

/**
 * Files in the worker image's folder for its instance (`worker-image/boot`): scripts for bash, curl and Docker, and
 * systemd units.
 */
export const bootFiles = {
  scripts: ["aws.sh", "give-up.sh", "pull.sh", "run.sh", "stopped.sh", "watch.sh"],
  /** For types with instance store: they would take room from the variables of the others. */
  storeScripts: ["disks.sh"],
  units: [
    ...["batch-job-worker.service", "batch-job-worker-failed.service"],
    ...["batch-job-worker-watch.service", "batch-job-worker-watch.timer"],
  ],
};

/** Names of the lifecycle hooks, which are among the worker's settings. */
export const hookNames = { launchHook: "worker-ready", terminateHook: "worker-drained" };

/** Seconds from a worker's stop until Docker kills it: its drain, its return of unfinished jobs, and that again. */
export function stopTimeoutSeconds({ drainSeconds }: { drainSeconds: number }): number {
  return drainSeconds + 2 * limits.giveBackSeconds;
}

/** "Run commands when you launch an EC2 instance with user data input", Amazon EC2. */
export const maxUserDataBytes = 16_384;

/**
 * The cloud-init script of a worker instance, whose image contains Docker. It installs nothing: it writes the worker's
 * environment, a few scripts and their systemd units, and starts them. If it fails itself, it gives the instance up.
 */
export function renderUserData(args: UserDataArgs): string {
  const script = render(args);
  const bytes = Buffer.byteLength(script);
  if (bytes > maxUserDataBytes) {
    throw new Error(
      `Expected user data of at most ${maxUserDataBytes} bytes, got ${bytes}: the environment is too large`,
    );
  }
  return script;
}

/** Bytes of the script, even beyond the limit. */
export function userDataBytes(args: UserDataArgs): number {
  return Buffer.byteLength(render(args));
}

/** Bytes of variables in the script. */
export function environmentBytes(environment: Record<string, string>): number {
  const lines = Object.entries(environment).map(([name, value]) => Buffer.byteLength(`${name}=${value}\n`));
  return lines.reduce((sum, bytes) => sum + bytes, 0);
}

function render(args: UserDataArgs): string {
  const stop = Math.ceil(args.stopTimeoutSeconds);
  return `#!/bin/bash
set -euo pipefail
install -d -m 0700 ${folder} ${units}/batch-job-worker.service.d
${scriptsFor(args)
  .map((name) => hereDocument(`${folder}/${name}`, "SCRIPT", bootFile(name)))
  .join("\n")}
chmod 0700 ${folder}/*
${hereDocument(`${folder}/boot.env`, "SETTINGS", bootSettings(args))}
trap '${folder}/give-up.sh "User data failed at line $LINENO"' ERR
${writeEnvironment(args.environment)}
chmod 0600 ${environmentFile}
${bootFiles.units.map((name) => hereDocument(`${units}/${name}`, "UNIT", bootFile(name))).join("\n")}
${hereDocument(`${units}/batch-job-worker.service.d/stop.conf`, "UNIT", stopTimes(stop))}
# The machine image is made for ECS; its agent has nothing to do here.
systemctl mask --now --no-block ecs.service
systemctl daemon-reload
systemctl enable --now --no-block batch-job-worker.service batch-job-worker-watch.timer
`;
}

function scriptsFor({ instanceStore }: Pick<UserDataArgs, "instanceStore">): string[] {
  return instanceStore ? [...bootFiles.scripts, ...bootFiles.storeScripts] : bootFiles.scripts;
}

/** The scripts' settings, as words of a shell. */
export function bootSettings(args: Omit<UserDataArgs, "environment">): string {
  const { type, image, registryCredentials = "", region, logGroup, launchHook, stopTimeoutSeconds } = args;
  const ecr = parseEcrImage(image);
  const settings = {
    ...{ TYPE: type, IMAGE: image, REGION: region, DOMAIN: domainOf(region) },
    ...{ LOG_GROUP: logGroup, LAUNCH_HOOK: launchHook, STOP_SECONDS: String(Math.ceil(stopTimeoutSeconds)) },
    SYSTEM_MEGABYTES: String(limits.systemMegabytes),
    // At most one of the two is set.
    ECR_REGION: ecr?.region ?? "",
    REGISTRY_SECRET: ecr ? "" : registryCredentials,
    ...(args.gpu && { GPU: "1" }),
    ...(args.instanceStore && { INSTANCE_STORE: "1" }),
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${quote(value)}`)
    .join("\n");
}

function stopTimes(seconds: number): string {
  return `[Service]
ExecStop=-/usr/bin/docker stop -t ${seconds} batch-job-worker
TimeoutStopSec=${seconds + 30}`;
}

const bootTexts = new Map<string, string>();

/** Without comment lines, which would take room from the worker's variables. Read once for all fleets. */
function bootFile(name: string): string {
  let text = bootTexts.get(name);
  if (text === undefined) {
    const lines = readFileSync(join(workerImageFolder(), "boot", name), "utf8").split("\n");
    text = lines.filter((line) => line !== "" && !/^\s*#(?!!)/.test(line)).join("\n");
    bootTexts.set(name, text);
  }
  return text;
}

/** A consumer's mocks may leave the region undefined, despite its type. */
function domainOf(region: string): string {
  if (String(region).startsWith("cn-")) return "amazonaws.com.cn";
  return String(region).startsWith("eusc-") ? "amazonaws.eu" : "amazonaws.com";
}

/** The text as one word of a shell. A consumer's mocks may leave it undefined, despite its type. */
function quote(text: string): string {
  return `'${String(text).replaceAll("'", `'\\''`)}'`;
}
