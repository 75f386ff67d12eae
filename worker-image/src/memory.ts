import { writeFileSync } from "node:fs";
import { totalmem } from "node:os";
import { JobError } from "../../contract/record";

/** Left to the worker itself, of the memory that jobs divide among them. */
const workerMegabytes = 256;

/** Less is of no use to any program. */
const minJobMegabytes = 128;

/** A container's limit counts where there is one; without one the figure is astronomical. */
export function memoryMegabytes(): number {
  return Math.min(totalmem(), process.constrainedMemory() || Infinity) / 1024 ** 2;
}

/** The most that the processes of one job may hold. */
export function memoryOfJob(megabytes: number, slots: number): number {
  return Math.max(minJobMegabytes, Math.floor((megabytes - workerMegabytes) / slots));
}

export function outOfMemory(what: "command" | "handler", bytes: number, maxMegabytes: number): JobError {
  const held = Math.ceil(bytes / 1024 ** 2);
  const message = `The ${what} ran out of memory: with what it started it held ${held} MB, of which a job may hold ${maxMegabytes} MB`;
  return { name: "OutOfMemory", message };
}

/** Where the machine runs out of memory the kernel takes this process, and what it starts, before the worker. */
export function preferForKill(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, "500");
  } catch {
    // It is gone already, or this system knows no such preference.
  }
}
