#!/bin/bash
# Checks the worker's health, and gives the instance up after eight failed checks in a row: two minutes.
# It answers with an error only if it should be replaced: not while it drains or has jobs. A worker that starts is watched
# by systemd's limits and by the launch hook.
set -euo pipefail
count="${RUNTIME_DIRECTORY:?}/failed"
most=8
state=$(systemctl is-active batch-job-worker.service || true)
if [[ $state != active ]] \
  || answer=$(curl -sS --fail-with-body -m 5 "http://127.0.0.1:${WORKER_HEALTH_PORT:-9764}/healthz" 2>&1); then
  rm -f "$count"
  exit
fi
failed=$(($(cat "$count" 2>/dev/null || echo 0) + 1))
echo "$failed" >"$count"
echo "The worker is unhealthy, check $failed of $most: $answer" >&2
if ((failed >= most)); then
  rm -f "$count"
  exec "${0%/*}/give-up.sh" "The worker was unhealthy $most times in a row: $answer"
fi
