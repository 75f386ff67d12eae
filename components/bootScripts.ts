import { wedged } from "../contract/fleet";
import { parseEcrImage } from "./permissions";

/** What the scripts of an instance are written for. */
export interface BootScriptsArgs {
  type: string;
  image: string;
  region: string;
  logGroup: string;
  /** The hook at which the group waits for the worker. */
  launchHook: string;
}

/** Where the scripts lie on an instance. */
export const folder = "/etc/batch-job-worker";

/** Where the attempts have their folders, and what the container has as /tmp: on the machine's disk. */
export const scratchFolder = "/var/lib/batch-job-worker/scratch";
export const temporaryFolder = "/var/lib/batch-job-worker/tmp";

/** Where the worker says how it is, on the loopback interface that it shares with its host. */
export const healthPort = 9464;

/** How often the worker is asked how it is. */
export const lookSeconds = 15;

/** A worker that was unwell so often in a row, for two minutes, is given up. */
export const patience = 8;

/** The scripts of an instance by name; all run under bash, with curl and Docker as the machine image has them. */
export function bootScripts(args: BootScriptsArgs): Record<string, string> {
  const scripts = { aws: awsScript(args.region), "give-up": giveUpScript(args), pull: pullScript(args) };
  return { ...scripts, scratch: scratchScript, stopped: stoppedScript, watch: watchScript() };
}

/**
 * For the others to source: metadata, and calls signed with the instance's own credentials by curl, since the machine
 * image has no AWS command line. Secrets go through standard input, never through arguments that others could list.
 * The endpoints' variables are those of AWS's SDKs.
 */
function awsScript(region: string): string {
  return `#!/bin/bash
# endpoint VARIABLE DEFAULT: where a service is called.
endpoint() { echo "\${!1:-\${AWS_ENDPOINT_URL:-$2}}"; }
metadata() {
  local host=\${AWS_EC2_METADATA_SERVICE_ENDPOINT:-http://169.254.169.254} session
  session=$(curl -fsS -m 5 --retry 5 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' "$host/latest/api/token") || return
  curl -fsS -m 5 --retry 5 -H "X-aws-ec2-metadata-token: $session" "$host/latest/meta-data/$1"
}
field() { sed -n "s/.*\\"$1\\" *: *\\"\\([^\\"]*\\)\\".*/\\1/p"; }
# call SERVICE REGION URL [OPTION OF CURL]...
call() {
  local service=$1 region=$2 url=$3 role credentials
  shift 3
  role=$(metadata iam/security-credentials/) || return
  credentials=$(metadata "iam/security-credentials/$role") || return
  curl -sS --fail-with-body -m 30 --retry 5 --config - -X POST --aws-sigv4 "aws:amz:$region:$service" "$@" "$url" <<CONFIG
user = "$(field AccessKeyId <<<"$credentials"):$(field SecretAccessKey <<<"$credentials")"
header = "X-Amz-Security-Token: $(field Token <<<"$credentials")"
CONFIG
}
# scaling ACTION [PARAMETER=VALUE]...
scaling() {
  local parameters=() parameter
  for parameter in Version=2011-01-01 "Action=$1" "\${@:2}"; do parameters+=(--data-urlencode "$parameter"); done
  call autoscaling ${region} "$(endpoint AWS_ENDPOINT_URL_AUTO_SCALING ${url("autoscaling", region)})" "\${parameters[@]}"
}
# logs ACTION JSON
logs() {
  call logs ${region} "$(endpoint AWS_ENDPOINT_URL_CLOUDWATCH_LOGS ${url("logs", region)})" \\
    -H 'Content-Type: application/x-amz-json-1.1' -H "X-Amz-Target: Logs_20140328.$1" -d "$2"
}`;
}

/**
 * \`give-up [REASON]\`: has the group replace this instance, and says why, on the console and in the log group. While the
 * group waits for the worker the launch is abandoned; later, or for a group without the hook, the instance is unhealthy.
 * Without a reason it is the last that the worker's unit said.
 */
function giveUpScript({ type, logGroup, launchHook }: BootScriptsArgs): string {
  return `#!/bin/bash
set -euo pipefail
# shellcheck source=/dev/null
. "\${0%/*}/aws"
reason=\${*:-$(journalctl --unit batch-job-worker --lines 10 --output cat)}
echo "Giving this instance up: $reason" >&2
instance=$(metadata instance-id)
plain() { LC_ALL=C tr '\\n\\t' '  ' | LC_ALL=C tr -cd '\\40-\\176' | cut -c1-2000; }
quoted() { sed 's/[\\"]/\\\\&/g'; }
line='{"level":"error","event":"instance-given-up","time":"'$(date -u +%FT%TZ)'","worker":"'$instance'","type":"${type}","reason":"'$(plain <<<"$reason" | quoted)'"}'
stream='"logGroupName":"${logGroup}","logStreamName":"'$instance'-given-up"'
logs CreateLogStream "{$stream}" || true
logs PutLogEvents "{$stream,\\"logEvents\\":[{\\"timestamp\\":$(date +%s000),\\"message\\":\\"$(quoted <<<"$line")\\"}]}" \\
  || echo "The log group was not told" >&2
group=$(metadata tags/instance/aws:autoscaling:groupName) \\
  || group=$(scaling DescribeAutoScalingInstances "InstanceIds.member.1=$instance" \\
    | sed -n 's:.*<AutoScalingGroupName>\\([^<]*\\)<.*:\\1:p') \\
  || group=unknown
scaling CompleteLifecycleAction "AutoScalingGroupName=$group" LifecycleHookName=${launchHook} \\
  "InstanceId=$instance" LifecycleActionResult=ABANDON \\
  || scaling SetInstanceHealth "InstanceId=$instance" HealthStatus=Unhealthy ShouldRespectGracePeriod=false`;
}

/** Pulls the image, signed in where that is in a private ECR. */
function pullScript({ image }: BootScriptsArgs): string {
  const repository = parseEcrImage(image);
  const pull = `exec docker pull --quiet ${quote(image)}`;
  if (!repository) return `#!/bin/bash\nset -euo pipefail\n${pull}`;
  const registry = image.slice(0, image.indexOf("/"));
  return `#!/bin/bash
set -euo pipefail
# shellcheck source=/dev/null
. "\${0%/*}/aws"
answer=$(call ecr ${repository.region} "$(endpoint AWS_ENDPOINT_URL_ECR ${url("api.ecr", repository.region)})" -d '{}' \\
  -H 'Content-Type: application/x-amz-json-1.1' \\
  -H 'X-Amz-Target: AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken') || {
  echo "The registry refuses: $answer" >&2
  exit 1
}
field authorizationToken <<<"$answer" | base64 -d | cut -d: -f2 | docker login --username AWS --password-stdin ${quote(registry)}
${pull}`;
}

/** Empties the folders of the worker before it. Whatever user an image has may write there. */
const scratchScript = `#!/bin/bash
set -euo pipefail
rm -rf ${scratchFolder} ${temporaryFolder}
install -d -m 1777 ${scratchFolder} ${temporaryFolder}`;

/**
 * Runs once the worker has ended: systemd says how. A handler that couldn't be killed is met by a new worker at once, but
 * not for ever; and a worker that crashed is started again at once, too. Anything else may need some time to come right.
 */
const stoppedScript = `#!/bin/bash
set -euo pipefail
if [[ \${EXIT_STATUS:-} == ${wedged.exitCode} ]]; then
  ends=\${WEDGED_FILE:-/run/batch-job-worker-wedged}
  date +%s >>"$ends"
  if (($(awk -v since=$(($(date +%s) - ${wedged.withinSeconds})) '$1 > since' "$ends" | wc -l) >= ${wedged.mostExits})); then
    exec "\${0%/*}/give-up" "A handler could not be killed, ${wedged.mostExits} times in ${wedged.withinSeconds / 60} minutes"
  fi
elif [[ \${SERVICE_RESULT:-success} != success && ! \${EXIT_STATUS:-} =~ ^1[2-5][0-9]$ ]]; then
  sleep "\${PAUSE_SECONDS:-9}"
fi`;

/**
 * Asks the worker how it is, and gives the instance up once it was unwell, or silent, too often in a row. It answers with
 * an error only if it should be replaced: not while it drains or has jobs. A worker that starts is watched by systemd's
 * limits and by the launch hook.
 */
function watchScript(): string {
  return `#!/bin/bash
set -euo pipefail
count="\${RUNTIME_DIRECTORY:?}/unwell"
state=$(systemctl is-active batch-job-worker.service || true)
if [[ $state != active ]] \\
  || answer=$(curl -sS --fail-with-body -m 5 "http://127.0.0.1:\${WORKER_HEALTH_PORT:-${healthPort}}/healthz" 2>&1); then
  rm -f "$count"
  exit
fi
unwell=$(($(cat "$count" 2>/dev/null || echo 0) + 1))
echo "$unwell" >"$count"
echo "The worker is unwell, $unwell of ${patience}: $answer" >&2
if ((unwell >= ${patience})); then
  rm -f "$count"
  exec "\${0%/*}/give-up" "The worker was unwell ${patience} times in a row: $answer"
fi`;
}

/** A consumer's mocks may leave the region undefined, whatever its type says. */
function url(host: string, region: string): string {
  return `https://${host}.${region}.${String(region).startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com"}/`;
}

/** The text as one word of a shell. A consumer's mocks may leave it undefined, whatever its type says. */
function quote(text: string): string {
  return `'${String(text).replaceAll("'", `'\\''`)}'`;
}
