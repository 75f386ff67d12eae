#!/bin/bash
# Runs once the worker has ended: systemd says how. A handler that couldn't be killed (exit code 75) is met by a new worker
# at once, but not for ever; and a worker that crashed is started again at once, too. Anything else may need some time to
# come right. The next worker counts the machine's use from here on.
set -euo pipefail
counted=${COUNTED_FILE:-/run/batch-job-counted}
if [[ -e $counted ]]; then cut -d' ' -f1 "${UPTIME_FILE:-/proc/uptime}" >"$counted"; fi
if [[ ${EXIT_STATUS:-} == 75 ]]; then
  ends=${WEDGED_FILE:-/run/batch-job-worker-wedged}
  date +%s >>"$ends"
  if (($(awk -v since=$(($(date +%s) - 600)) '$1 > since' "$ends" | wc -l) >= 3)); then
    exec "${0%/*}/give-up.sh" "A handler could not be killed, 3 times in 10 minutes"
  fi
elif [[ ${SERVICE_RESULT:-success} != success && ! ${EXIT_STATUS:-} =~ ^1[2-5][0-9]$ ]]; then
  sleep "${PAUSE_SECONDS:-9}"
fi
