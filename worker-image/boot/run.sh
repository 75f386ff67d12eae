#!/bin/bash
# Runs the worker's container until it ends.
#
# It may have the machine's memory but for what the system keeps, and two folders on its disk or instance store: one for
# attempts, and its /tmp. Both are emptied before it starts; any user may write there. It shares the host's network: that
# spares it a bridge, and lets the metadata service keep its hop limit of 1. Its log stream has the instance's id. GPUs
# come by the runtime that the GPU machine image registers with Docker, as the ECS agent has them.
set -euo pipefail
# shellcheck source=worker-image/boot/aws.sh
. "${0%/*}/aws.sh"
disk=${DISK_FOLDER:-/var/lib/batch-job-worker}
if [[ -n ${INSTANCE_STORE-} ]]; then "${0%/*}/disks.sh"; fi
rm -rf "$disk/scratch" "$disk/tmp"
install -d -m 1777 "$disk/scratch" "$disk/tmp"
memory=$(($(awk '/^MemTotal/ {print $2}' /proc/meminfo) / 1024 - SYSTEM_MEGABYTES))m
gpus=()
if [[ -n ${GPU-} ]]; then gpus=(--runtime nvidia --env NVIDIA_VISIBLE_DEVICES=all); fi
instance=$(metadata instance-id)
# The machine's uptime until which its workers have counted its use: the first one counts from the start.
counted=${COUNTED_FILE:-/run/batch-job-counted}
[[ -e $counted ]] || echo 0 >"$counted"
exec docker run --rm --name batch-job-worker --network host --init \
  --read-only --cap-drop ALL --security-opt no-new-privileges \
  --memory "$memory" --memory-swap "$memory" --pids-limit 4096 --shm-size 1g \
  --volume "$disk/scratch:/scratch" --volume "$disk/tmp:/tmp" --env WORKER_SCRATCH_DIR=/scratch \
  --env-file "${0%/*}/environment" "${gpus[@]}" --env WORKER_ID="$instance" --env WORKER_COUNTED_UPTIME="$(<"$counted")" --env WORKER_HEALTH_PORT=9764 --stop-timeout "$STOP_SECONDS" \
  --log-driver awslogs --log-opt awslogs-region="$REGION" --log-opt awslogs-group="$LOG_GROUP" \
  --log-opt awslogs-stream="$instance" --log-opt mode=non-blocking --log-opt max-buffer-size=4m \
  "$IMAGE"
