import { readFileSync, writeFileSync } from "node:fs";
import { totalmem } from "node:os";
import { type JobError } from "../../../contract/records/record";
import { type RunOutcome } from "./runner";

/** Memory of the container, if it is limited; without a limit the figure is astronomical. */
export function memoryMegabytes(): number {
  return Math.min(totalmem(), process.constrainedMemory() || Infinity) / 1_024 ** 2;
}

export function outOfMemory(what: "command" | "handler", bytes: number, maxMegabytes: number): JobError {
  const message = `The ${what} ran out of memory: with what it started it held ${megabytes(bytes)} MB, of which a job may hold ${maxMegabytes} MB`;
  return { name: "OutOfMemory", message };
}

/** A kill by the kernel for lack of memory that may concern a job. */
export interface KernelKill {
  /** Memory that the job's processes held at the last scan. */
  bytes: number;
}

/** Outcome of a job whose process the kernel killed because the machine, or the container, was out of memory. */
export function killedByKernel(what: "command" | "handler", { bytes }: KernelKill, maxMegabytes: number): JobError {
  const machine = Math.floor(memoryMegabytes());
  const message = `The ${what} ran out of memory: the kernel killed it. With what it started it held ${megabytes(bytes)} MB when last looked at; a job may hold ${maxMegabytes} MB, all jobs and the worker ${machine} MB`;
  return { name: "OutOfMemory", message };
}

/** Notes in a failure that the kernel killed a process meanwhile: perhaps one that the job had started. */
export function noteKernelKill(outcome: RunOutcome, kill: KernelKill | undefined): RunOutcome {
  if (outcome.kind !== "failed" || outcome.isPermanent || !kill || outcome.error.name === "OutOfMemory") return outcome;
  const { name, message } = outcome.error;
  const note = `the kernel killed a process for want of memory meanwhile; the job held ${megabytes(kill.bytes)} MB when last looked at`;
  return { ...outcome, error: { name, message: `${message} (${note})` } };
}

/** Number of processes of this machine that the kernel has killed for lack of memory; undefined if it doesn't say. */
export function countKernelKills(): number | undefined {
  try {
    const count = /^oom_kill (\d+)$/m.exec(readFileSync("/proc/vmstat", "utf8"))?.[1];
    return count === undefined ? undefined : Number(count);
  } catch {
    return undefined;
  }
}

/** Makes the kernel kill this process and its children before the worker when memory runs out. */
export function preferForKill(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, "500");
  } catch {
    // It is gone already, or this system has no such preference.
  }
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / 1_024 ** 2);
}
