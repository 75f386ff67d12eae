interface Mechanisms {
  system: string;
  /** Measurement of the memory of a job and its processes. */
  memory: string;
  processes: string;
  /** Bounds that don't hold on this system, beyond those that hold on no developer's machine. */
  notHeld: string;
}

const linux: Mechanisms = {
  system: "Linux",
  memory: "looked at twice a second in /proc; a heap by V8's limit",
  processes: "found by mark, parent and folder, killed at the job's end",
  notHeld: "",
};

const macos: Mechanisms = {
  system: "macOS",
  memory: "looked at twice a second by ps; a heap by V8's limit",
  processes: "found by mark, as far as ps shows it, and by parent",
  notHeld: "\nNor is a process that starts a session of its own ended with a killed worker.",
};

/**
 * Describes the mechanisms that bound a job on this machine, and which bounds of an instance don't hold here: in 80
 * columns.
 */
export function boundsHere(platform: NodeJS.Platform): string {
  const { system, memory, processes, notHeld } = platform === "darwin" ? macos : linux;
  return `Jobs are bounded here, on ${system}, in
  time          by SIGKILL to all that they started
  memory        ${memory}
  processes     ${processes}
  disk          a folder each, removed; no job with less than 2 GB free
  GPU           one each with gpu: true, if nvidia-smi lists any

Not held here: the size of the disk (rootVolumeGb, instanceStore), the memory of
all jobs together, their 4,096 processes, a read-only system, no capabilities.${notHeld}`;
}
