import { spawnSync } from "node:child_process";
import { truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Block devices of so many MiB, backed by files in the folder; undefined where this user may not make or mount them.
 */
export function loopDevices(folder: string, count: number, megabytes: number): string[] | undefined {
  const devices: string[] = [];
  for (let index = 0; index < count; index++) {
    const file = join(folder, `loop-${index}`);
    writeFileSync(file, "");
    truncateSync(file, megabytes * 1_024 ** 2);
    const { status, stdout } = spawnSync("losetup", ["--find", "--show", file], { encoding: "utf8" });
    if (status === 0) devices.push(stdout.trim());
  }
  const isUsable = devices.length === count && (count === 1 || spawnSync("dmsetup", ["version"]).status === 0);
  if (isUsable && spawnSync("unshare", ["--mount", "true"]).status === 0) return devices;
  for (const device of devices) spawnSync("losetup", ["--detach", device]);
  return undefined;
}
