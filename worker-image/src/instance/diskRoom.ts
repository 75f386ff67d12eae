import { type Log } from "../../../contract/log";
import { gigabytes } from "../handlers/disk";
import { type Clock, sleep } from "../support/clock";

/** Space kept free for running jobs: a job that begins with less fails, and perhaps makes others fail. */
const keptBytes = 2 * 1_024 ** 3;

/** Largest part of a disk that is kept free, for small disks. */
const keptShare = 0.1;

/** Time that a reading of the disk stays valid, and between two readings of a full one. */
const lookMilliseconds = 1_000;
const againMilliseconds = 5_000;

export interface DiskRoomEffects {
  /** Reads the disk that jobs write to; undefined if its figures are unavailable. */
  look: () => Promise<{ totalBytes: number; freeBytes: number } | undefined>;
  clock: Clock;
  log: Log;
}

/** Watches the disk's free space: with too little the worker takes no job. */
export class DiskRoom {
  private full?: { since: number; reason: string };
  private checkedAt = -Infinity;

  constructor(private readonly effects: DiskRoomEffects) {}

  /** Time since which there is too little room, epoch milliseconds; undefined while there is enough. */
  get fullSince(): number | undefined {
    return this.full?.since;
  }

  /** Problem of the disk, in words; undefined while there is room. */
  trouble(): string | undefined {
    return this.full?.reason;
  }

  /** Resolves when there is room for a job, or the signal aborts. */
  async whenFree(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !(await this.isFree())) await sleep(this.effects.clock, againMilliseconds, signal);
  }

  private async isFree(): Promise<boolean> {
    const { look, clock, log } = this.effects;
    if (this.full === undefined && clock.now() - this.checkedAt < lookMilliseconds) return true;
    this.checkedAt = clock.now();
    const disk = await look();
    const kept = disk && Math.min(keptBytes, disk.totalBytes * keptShare);
    if (!disk || disk.freeBytes >= kept!) {
      if (this.full) log("info", "disk-free");
      this.full = undefined;
      return true;
    }
    const reason = `the disk is full: ${gigabytes(disk.freeBytes)} of ${gigabytes(disk.totalBytes)} GB are free, less than the ${gigabytes(kept!)} GB that a worker keeps`;
    if (!this.full) log("error", "disk-full", { reason });
    this.full = { since: this.full?.since ?? clock.now(), reason };
    return false;
  }
}
