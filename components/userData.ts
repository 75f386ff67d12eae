import { parseEcrImage } from "./permissions";

/** What an instance is told at its first boot. */
export interface UserDataArgs {
  image: string;
  region: string;
  logGroup: string;
  /** Variables of the worker; one line each, since Docker's `--env-file` knows no quoting. */
  environment: Record<string, string>;
  /** How long Docker waits for the worker's own drain before it kills it. */
  stopTimeoutSeconds: number;
}

const environmentFile = "/etc/batch-job-worker/environment";
const delimiter = "ENVIRONMENT";

/** "Run commands when you launch an EC2 instance with user data input", Amazon EC2. */
const maxUserDataBytes = 16_384;

/**
 * The cloud-init script of a worker instance, which has Docker on board and installs nothing: it writes the worker's
 * environment, signs in to the image's registry where that is a private ECR, and starts the container under systemd.
 *
 * The container shares the host's network: that spares it a bridge, and lets the metadata service keep its hop limit of 1.
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

function render(args: UserDataArgs): string {
  return `#!/bin/bash
set -euo pipefail
# The machine image is made for ECS; its agent has nothing to do here.
systemctl mask --now --no-block ecs.service
install -d -m 0700 /etc/batch-job-worker
cat > ${environmentFile} <<'${delimiter}'
${environmentLines(args.environment)}
${delimiter}
chmod 0600 ${environmentFile}
cat > /etc/batch-job-worker/pull <<'PULL'
${pullScript(args.image)}
PULL
chmod 0700 /etc/batch-job-worker/pull
cat > /etc/systemd/system/batch-job-worker.service <<'UNIT'
${unit(args)}
UNIT
systemctl daemon-reload
systemctl enable --now --no-block batch-job-worker.service
`;
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

/**
 * Signs in with the instance's own credentials by a signed call of curl, since the machine image has no AWS command
 * line. Secrets go through standard input, never through arguments that others could list.
 */
function pullScript(image: string): string {
  const repository = parseEcrImage(image);
  const pull = `exec docker pull --quiet ${quote(image)}`;
  if (!repository) return `#!/bin/bash\nset -euo pipefail\n${pull}`;
  const registry = image.slice(0, image.indexOf("/"));
  const domain = registry.endsWith(".cn") ? "amazonaws.com.cn" : "amazonaws.com";
  return `#!/bin/bash
set -euo pipefail
metadata=http://169.254.169.254/latest
session=$(curl -fsS --retry 5 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' "$metadata/api/token")
get() { curl -fsS --retry 5 -H "X-aws-ec2-metadata-token: $session" "$metadata/meta-data/iam/security-credentials/$1"; }
field() { sed -n "s/.*\\"$1\\" *: *\\"\\([^\\"]*\\)\\".*/\\1/p"; }
credentials=$(get "$(get '')")
key=$(field AccessKeyId <<<"$credentials")
secret=$(field SecretAccessKey <<<"$credentials")
token=$(field Token <<<"$credentials")
answer=$(curl -fsS --retry 5 --config - -X POST \\
  --aws-sigv4 aws:amz:${repository.region}:ecr \\
  -H 'Content-Type: application/x-amz-json-1.1' \\
  -H 'X-Amz-Target: AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken' \\
  -d '{}' https://api.ecr.${repository.region}.${domain}/ <<CONFIG
user = "$key:$secret"
header = "X-Amz-Security-Token: $token"
CONFIG
)
field authorizationToken <<<"$answer" | base64 -d | cut -d: -f2 | docker login --username AWS --password-stdin ${quote(registry)}
${pull}`;
}

/**
 * It is started again for ever: whatever failed (credentials not there yet, a registry out of reach), nothing else would
 * bring an instance back whose unit has given up. A large image may take its time to come.
 */
function unit(args: UserDataArgs): string {
  const stop = Math.ceil(args.stopTimeoutSeconds);
  const run = [
    "/usr/bin/docker run --rm --name batch-job-worker --network host --init",
    "--read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges",
    `--env-file ${environmentFile} --stop-timeout ${stop}`,
    `--log-driver awslogs --log-opt awslogs-region=${args.region} --log-opt awslogs-group=${args.logGroup}`,
    "--log-opt mode=non-blocking --log-opt max-buffer-size=4m",
    args.image,
  ].join(" \\\n  ");
  return `[Unit]
Description=Batch job worker
After=docker.service network-online.target
Requires=docker.service
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
Environment=HOME=/root
ExecStartPre=-/usr/bin/docker rm --force batch-job-worker
ExecStartPre=/etc/batch-job-worker/pull
ExecStart=${run}
ExecStop=/usr/bin/docker stop --time ${stop} batch-job-worker
TimeoutStartSec=1800
TimeoutStopSec=${stop + 30}
Restart=always
RestartSec=10

[Install]
WantedBy=multi-user.target`;
}

/** The text as one word of a shell. A consumer's mocks may leave it undefined, whatever its type says. */
function quote(text: string): string {
  return `'${String(text).replaceAll("'", `'\\''`)}'`;
}
