import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";

/** NVIDIA GPUs that this machine, or this container, may use; or the reason why there are none. */
export type FoundGpus = { count: number } | { reason: string };

/** The first call after a boot loads the driver. */
const patienceMilliseconds = 60_000;

/** Counts GPUs with `nvidia-smi`; a container whose image lacks it has the devices all the same. */
export function findGpus(command = "nvidia-smi", devices = "/dev"): FoundGpus {
  const { status, stdout, stderr, error } = spawnSync(command, ["-L"], {
    encoding: "utf8",
    timeout: patienceMilliseconds,
  });
  const listed = status === 0 ? stdout.split("\n").filter((line) => /^GPU \d+:/.test(line)).length : 0;
  const count = listed || countDevices(devices);
  if (count > 0) return { count };
  if (error) return { reason: isMissing(error) ? `there is no ${command} here` : `${command}: ${error.message}` };
  const said = `${stdout}${stderr}`.trim().split("\n").at(-1);
  return { reason: `${command} -L says: ${said || "nothing"}` };
}

function countDevices(folder: string): number {
  try {
    return readdirSync(folder).filter((name) => /^nvidia\d+$/.test(name)).length;
  } catch {
    return 0;
  }
}

function isMissing(error: Error): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}
