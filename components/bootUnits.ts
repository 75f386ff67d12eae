import { folder, healthPort, lookSeconds, scratchFolder, temporaryFolder } from "./bootScripts";

/** Stands in the worker's unit for the memory that its container may have, which the machine knows at its boot. */
export const memoryPlaceholder = "@MEMORY@";

/** What the units of an instance are written for. */
export interface BootUnitsArgs {
  image: string;
  region: string;
  logGroup: string;
  environmentFile: string;
  /** How long Docker waits for the worker's own drain before it kills it. */
  stopTimeoutSeconds: number;
}

/** The systemd units of an instance by name. */
export function bootUnits(args: BootUnitsArgs): Record<string, string> {
  return {
    "batch-job-worker.service": workerUnit(args),
    "batch-job-worker-failed.service": failedUnit,
    "batch-job-worker-watch.service": watchUnit,
    "batch-job-worker-watch.timer": watchTimer,
  };
}

/**
 * It is started again after whatever failed (credentials not there yet, a registry out of reach), and once that has been
 * too often its instance is given up. A large image may take its time to come.
 *
 * The container may have the machine's memory but for 300 MB, and two folders on the machine's disk: one for the attempts,
 * and its /tmp. Both are emptied before it starts. It shares the host's network: that spares it a bridge, and lets the
 * metadata service keep its hop limit of 1.
 */
function workerUnit(args: BootUnitsArgs): string {
  const stop = Math.ceil(args.stopTimeoutSeconds);
  const run = [
    "/usr/bin/docker run --rm --name batch-job-worker --network host --init",
    "--read-only --cap-drop ALL --security-opt no-new-privileges",
    `--memory ${memoryPlaceholder}m --memory-swap ${memoryPlaceholder}m --pids-limit 4096 --shm-size 1g`,
    `--volume ${scratchFolder}:/scratch --volume ${temporaryFolder}:/tmp --env WORKER_SCRATCH_DIR=/scratch`,
    `--env-file ${args.environmentFile} --env WORKER_HEALTH_PORT=${healthPort} --stop-timeout ${stop}`,
    `--log-driver awslogs --log-opt awslogs-region=${args.region} --log-opt awslogs-group=${args.logGroup}`,
    "--log-opt mode=non-blocking --log-opt max-buffer-size=4m",
    args.image,
  ].join(" \\\n  ");
  return `[Unit]
Description=Batch job worker
After=docker.service network-online.target
Requires=docker.service
Wants=network-online.target
StartLimitIntervalSec=900
StartLimitBurst=6
OnFailure=batch-job-worker-failed.service

[Service]
Environment=HOME=/root
ExecStartPre=-/usr/bin/docker rm --force batch-job-worker
ExecStartPre=${folder}/scratch
ExecStartPre=${folder}/pull
ExecStart=${run}
ExecStopPost=${folder}/stopped
ExecStop=/usr/bin/docker stop --time ${stop} batch-job-worker
TimeoutStartSec=1800
TimeoutStopSec=${stop + 30}
Restart=always
RestartSec=1

[Install]
WantedBy=multi-user.target`;
}

/** Starts when the worker's restarts are used up. Its own failure is repeated: nothing else would replace the instance. */
const failedUnit = `[Unit]
Description=Gives up the instance whose worker does not stay up
StartLimitIntervalSec=0

[Service]
Type=oneshot
ExecStart=${folder}/give-up
StandardError=journal+console
Restart=on-failure
RestartSec=30`;

const watchUnit = `[Unit]
Description=Asks the batch job worker how it is

[Service]
Type=oneshot
ExecStart=${folder}/watch
RuntimeDirectory=batch-job-worker
RuntimeDirectoryPreserve=yes
StandardError=journal+console`;

const watchTimer = `[Unit]
Description=Watches the batch job worker

[Timer]
OnActiveSec=${lookSeconds}
OnUnitInactiveSec=${lookSeconds}
AccuracySec=1

[Install]
WantedBy=timers.target`;
