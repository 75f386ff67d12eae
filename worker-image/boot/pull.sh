#!/bin/bash
# Pulls the image, signed in where that is in a private ECR, or where another registry's credentials are in a secret. An image
# named by its digest that is there already is not asked for again: a registry that is out of reach then stops no restart.
# Docker would keep what it signed in with in a file: that is in memory here, and only for the pull.
set -euo pipefail
# shellcheck source=worker-image/boot/aws.sh
. "${0%/*}/aws.sh"
if [[ $IMAGE == *@sha256:* ]] && docker image inspect "$IMAGE" >/dev/null 2>&1; then exit; fi
DOCKER_CONFIG=$(mktemp -d "${MEMORY_FOLDER:-/run}/docker-XXXXXXXX")
export DOCKER_CONFIG
trap 'rm -rf "$DOCKER_CONFIG"' EXIT

if [[ -n $ECR_REGION ]]; then
  answer=$(call ecr "$ECR_REGION" "$(endpoint AWS_ENDPOINT_URL_ECR api.ecr "$ECR_REGION")" -d '{}' \
    -H 'Content-Type: application/x-amz-json-1.1' \
    -H 'X-Amz-Target: AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken') || {
    echo "The registry refuses: $answer" >&2
    exit 1
  }
  field authorizationToken <<<"$answer" | base64 -d | cut -d: -f2 | docker login --username AWS --password-stdin "${IMAGE%%/*}"
elif [[ -n $REGISTRY_SECRET ]]; then
  IFS=: read -r _ _ _ region _ <<<"$REGISTRY_SECRET"
  answer=$(call secretsmanager "$region" "$(endpoint AWS_ENDPOINT_URL_SECRETS_MANAGER secretsmanager "$region")" \
    -d '{"SecretId":"'"$REGISTRY_SECRET"'"}' -H 'Content-Type: application/x-amz-json-1.1' \
    -H 'X-Amz-Target: secretsmanager.GetSecretValue') || {
    echo "The registry's credentials can't be read: $answer" >&2
    exit 1
  }
  script='import json, sys
try:
    value = json.loads(json.load(sys.stdin)["SecretString"])
    username, password = value["username"], value["password"]
    assert username and password and "\n" not in username + password
except Exception:
    sys.exit("Expected the secret of the registry as JSON with username and password, got another text")
print(username, password, sep="\n")'
  credentials=$(python3 -c "$script" <<<"$answer")
  # As Docker itself tells a registry from the first part of a name on Docker Hub.
  registry=${IMAGE%%/*}
  [[ $IMAGE == */* && ($registry == *[.:]* || $registry == localhost) ]] || registry=docker.io
  printf '%s' "${credentials#*$'\n'}" | docker login --username "${credentials%%$'\n'*}" --password-stdin "$registry"
fi
docker pull --quiet "$IMAGE"
