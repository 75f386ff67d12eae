import { lstat, readdir, statfs } from "node:fs/promises";
import path from "node:path";
import { type RunOutcome } from "./runner";

/** ENOSPC, as Node and the C library word it. */
const full = /\bENOSPC\b|no space left on device/i;

/** Turns a failure for lack of disk space into one with figures; keeps any other outcome. */
export async function explainFullDisk(outcome: RunOutcome, folder: string): Promise<RunOutcome> {
  if (outcome.kind !== "failed" || !full.test(outcome.error.message)) return outcome;
  const [disk, own] = await Promise.all([diskOf(folder), bytesBelow(folder)]);
  const used = disk && `${gigabytes(disk.usedBytes)} of ${gigabytes(disk.totalBytes)} GB`;
  const message = `The scratch disk is full: ${used ?? "unknown"}, ${gigabytes(own)} GB of them this attempt's (${outcome.error.message})`;
  return { ...outcome, error: { name: "OutOfDisk", message }, isPermanent: false };
}

export async function diskOf(
  folder: string,
): Promise<{ usedBytes: number; totalBytes: number; freeBytes: number } | undefined> {
  try {
    const { bsize, blocks, bfree, bavail } = await statfs(folder);
    return { usedBytes: (blocks - bfree) * bsize, totalBytes: blocks * bsize, freeBytes: bavail * bsize };
  } catch {
    // The figures are optional.
    return undefined;
  }
}

/** Disk usage of the files below the folder; unreadable ones count as 0. */
async function bytesBelow(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  let bytes = 0;
  for (const entry of entries) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) bytes += await bytesBelow(file);
    const found = await lstat(file).catch(() => undefined);
    bytes += (found?.blocks ?? 0) * 512;
  }
  return bytes;
}

/** Gibibytes with a useful number of digits. */
export function gigabytes(bytes: number): string {
  return (bytes / 1_024 ** 3).toFixed(bytes < 10 * 1_024 ** 3 ? 2 : 0);
}
