import { bootScripts, BootScriptsArgs, folder } from "./bootScripts";
import { bootUnits, memoryPlaceholder } from "./bootUnits";

/** What an instance is told at its first boot. */
export interface UserDataArgs extends BootScriptsArgs {
  /** Variables of the worker; one line each, since Docker's `--env-file` knows no quoting. */
  environment: Record<string, string>;
  /** How long Docker waits for the worker's own drain before it kills it. */
  stopTimeoutSeconds: number;
}

const environmentFile = `${folder}/environment`;
const delimiter = "ENVIRONMENT";

/** The worker takes up to 15 s to give back what is left after its drain. */
export const giveBackSeconds = 30;

/** "Run commands when you launch an EC2 instance with user data input", Amazon EC2. */
export const maxUserDataBytes = 16_384;

/**
 * The cloud-init script of a worker instance, which has Docker on board and installs nothing: it writes the worker's
 * environment, a few scripts and their systemd units, and starts them. Should it fail itself, it gives the instance up.
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

/** Bytes of the script, however many. */
export function userDataBytes(args: UserDataArgs): number {
  return Buffer.byteLength(render(args));
}

/** Bytes that variables take in the script. */
export function environmentBytes(environment: Record<string, string>): number {
  const lines = Object.entries(environment).map(([name, value]) => Buffer.byteLength(`${name}=${value}\n`));
  return lines.reduce((sum, bytes) => sum + bytes, 0);
}

function render(args: UserDataArgs): string {
  const units = bootUnits({ ...args, environmentFile });
  return `#!/bin/bash
set -euo pipefail
install -d -m 0700 ${folder}
${Object.entries(bootScripts(args))
  .map(([name, text]) => file(`${folder}/${name}`, "SCRIPT", text))
  .join("\n")}
chmod 0700 ${folder}/*
trap '${folder}/give-up "User data failed at line $LINENO"' ERR
${file(environmentFile, delimiter, environmentLines(args.environment))}
chmod 0600 ${environmentFile}
${Object.entries(units)
  .map(([name, text]) => file(`/etc/systemd/system/${name}`, "UNIT", text))
  .join("\n")}
memory=$(($(awk '/^MemTotal/ {print $2}' /proc/meminfo) / 1024 - 300))
sed -i "s/${memoryPlaceholder}/$memory/g" /etc/systemd/system/batch-job-worker.service
# The machine image is made for ECS; its agent has nothing to do here.
systemctl mask --now --no-block ecs.service
systemctl daemon-reload
systemctl enable --now --no-block batch-job-worker.service batch-job-worker-watch.timer
`;
}

function file(path: string, end: string, text: string): string {
  return `cat > ${path} <<'${end}'\n${text}\n${end}`;
}

/** The worker's environment that a user-data script carries: the inverse of {@link renderUserData}. */
export function readEnvironment(userData: string): Record<string, string> {
  const lines = userData.split("\n");
  const start = lines.indexOf(`cat > ${environmentFile} <<'${delimiter}'`);
  const end = lines.indexOf(delimiter, start);
  if (start < 0 || end < 0)
    throw new Error(`Expected user data that writes ${environmentFile}, got ${lines.length} lines without`);
  return Object.fromEntries(
    lines.slice(start + 1, end).map((line) => {
      const equals = line.indexOf("=");
      return [line.slice(0, equals), line.slice(equals + 1)];
    }),
  );
}

function environmentLines(environment: Record<string, string>): string {
  return Object.entries(environment)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => {
      // What the inputs' check could not see yet: the rest of the value would become variables, or commands of the script.
      if (/[\r\n\0]/.test(value)) throw new Error(`Expected the environment variable ${name} as a text of one line`);
      return `${name}=${value}`;
    })
    .join("\n");
}
