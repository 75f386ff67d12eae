#!/bin/bash
# For the other scripts to source: this instance's settings, its metadata, and calls that curl signs with the instance's own
# credentials, since the machine image has no AWS command line. Secrets go through standard input, never through arguments
# that others could list. The endpoints' variables are those of AWS's SDKs.
# shellcheck source=/dev/null
. "${0%/*}/boot.env"
: "${TYPE:?}" "${IMAGE:?}" "${REGION:?}" "${DOMAIN:?}" "${LOG_GROUP:?}" "${LAUNCH_HOOK:?}" "${STOP_SECONDS:?}" "${ECR_REGION-}" "${REGISTRY_SECRET-}"

# endpoint VARIABLE HOST REGION: where a service is called.
endpoint() { echo "${!1:-${AWS_ENDPOINT_URL:-https://$2.$3.$DOMAIN/}}"; }

# metadata PATH
metadata() {
  local host=${AWS_EC2_METADATA_SERVICE_ENDPOINT:-http://169.254.169.254} session
  session=$(curl -fsS -m 5 --retry 5 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' "$host/latest/api/token") || return
  curl -fsS -m 5 --retry 5 -H "X-aws-ec2-metadata-token: $session" "$host/latest/meta-data/$1"
}

# field NAME: the text of a field of the JSON on standard input.
field() { sed -n "s/.*\"$1\" *: *\"\([^\"]*\)\".*/\1/p"; }

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
  for parameter in Version=2011-01-01 "Action=$1" "${@:2}"; do parameters+=(--data-urlencode "$parameter"); done
  call autoscaling "$REGION" "$(endpoint AWS_ENDPOINT_URL_AUTO_SCALING autoscaling "$REGION")" "${parameters[@]}"
}

# logs ACTION JSON
logs() {
  call logs "$REGION" "$(endpoint AWS_ENDPOINT_URL_CLOUDWATCH_LOGS logs "$REGION")" \
    -H 'Content-Type: application/x-amz-json-1.1' -H "X-Amz-Target: Logs_20140328.$1" -d "$2"
}
