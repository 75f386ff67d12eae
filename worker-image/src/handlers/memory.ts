import { readFileSync, writeFileSync } from "node:fs";
import { totalmem } from "node:os";
import { JobError } from "../../../contract/records/record";
import { RunOutcome } from "./runner";

/** A container's limit counts where there is one; without one the figure is astronomical. */
export function memoryMegabytes(): number {
  return Math.min(totalmem(), process.constrainedMemory() || Infinity) / 1024 ** 2;
}

export function outOfMemory(what: "command" | "handler", bytes: number, maxMegabytes: number): JobError {
  const message = `The ${what} ran out of memory: with what it started it held ${megabytes(bytes)} MB, of which a job may hold ${maxMegabytes} MB`;
  return { name: "OutOfMemory", message };
}

/** The kernel's kills for want of memory that may concern a job. */
export interface KernelKill {
  /** Memory that the job's processes held when they were last looked at. */
  bytes: number;
}

/** A job whose process the kernel has killed because the machine, or the container, had no memory left. */
export function killedByKernel(what: "command" | "handler", { bytes }: KernelKill, maxMegabytes: number): JobError {
  const machine = Math.floor(memoryMegabytes());
  const message = `The ${what} ran out of memory: the kernel killed it. With what it started it held ${megabytes(bytes)} MB when last looked at; a job may hold ${maxMegabytes} MB, all jobs and the worker ${machine} MB`;
  return { name: "OutOfMemory", message };
}

/** Adds to a failure that the kernel killed a process meanwhile: perhaps one that the job had started. */
export function noteKernelKill(outcome: RunOutcome, kill: KernelKill | undefined): RunOutcome {
  if (outcome.kind !== "failed" || outcome.isPermanent || !kill || outcome.error.name === "OutOfMemory") return outcome;
  const { name, message } = outcome.error;
  const note = `the kernel killed a process for want of memory meanwhile; the job held ${megabytes(kill.bytes)} MB when last looked at`;
  return { ...outcome, error: { name, message: `${message} (${note})` } };
}

/** How many processes of this machine the kernel has killed for want of memory; undefined where it doesn't say. */
export function countKernelKills(): number | undefined {
  try {
    const count = /^oom_kill (\d+)$/m.exec(readFileSync("/proc/vmstat", "utf8"))?.[1];
    return count === undefined ? undefined : Number(count);
  } catch {
    return undefined;
  }
}

/** Where the machine runs out of memory the kernel takes this process, and what it starts, before the worker. */
export function preferForKill(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, "500");
  } catch {
    // It is gone already, or this system knows no such preference.
  }
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / 1024 ** 2);
}
