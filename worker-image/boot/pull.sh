#!/bin/bash
# Pulls the image, signed in where that is in a private ECR. An image named by its digest that is there already is not asked
# for again: a registry that is out of reach then stops no restart.
set -euo pipefail
# shellcheck source=worker-image/boot/aws.sh
. "${0%/*}/aws.sh"
if [[ $IMAGE == *@sha256:* ]] && docker image inspect "$IMAGE" >/dev/null 2>&1; then exit; fi
if [[ -n $ECR_REGION ]]; then
  answer=$(call ecr "$ECR_REGION" "$(endpoint AWS_ENDPOINT_URL_ECR api.ecr "$ECR_REGION")" -d '{}' \
    -H 'Content-Type: application/x-amz-json-1.1' \
    -H 'X-Amz-Target: AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken') || {
    echo "The registry refuses: $answer" >&2
    exit 1
  }
  field authorizationToken <<<"$answer" | base64 -d | cut -d: -f2 | docker login --username AWS --password-stdin "${IMAGE%%/*}"
fi
exec docker pull --quiet "$IMAGE"
