import { availableParallelism } from "node:os";
import { limits } from "../../../contract/limits";
import { type WorkerSettings } from "../../../contract/workerSettings";
import { findGpus, type FoundGpus } from "../support/gpus";
import { memoryMegabytes } from "./memory";

/** Less is too little for any program. */
const minJobMegabytes = 128;

/** Share of a job's memory for a handler's heap: buffers, native code and Node itself need the rest. */
const heapShare = 0.75;

/** The machine, or the container, of a worker. */
export interface Machine {
  vcpus: number;
  megabytes: number;
  findGpus(): FoundGpus;
}

/** Concurrent jobs of a worker, and each one's share of the memory. */
export interface Room {
  slots: number;
  /** GPUs of the jobs, one each; undefined for jobs without. */
  gpus?: number;
  /** Most memory of one handler's JavaScript heap. */
  maxHeapMegabytes: number;
  /** Most memory that one job's processes may hold together. */
  maxMemoryMegabytes: number;
  /** Set if the jobs together may hold more than the machine has for them, with that figure. */
  overcommitted?: { jobsMegabytes: number };
}

export function thisMachine(): Machine {
  return { vcpus: availableParallelism(), megabytes: memoryMegabytes(), findGpus };
}

/**
 * Divides the machine among jobs: a slot for each vCPU, or each GPU, as far as the memory reaches, unless the settings
 * give a number.
 *
 * @param gpus GPUs of the jobs, one each
 */
export function divideMachine(
  settings: Pick<WorkerSettings, "slots" | "memoryMegabytes" | "maxHeapMegabytes">,
  machine: Pick<Machine, "vcpus" | "megabytes">,
  gpus?: number,
): Room {
  const { memoryMegabytes: each, maxHeapMegabytes: heapMegabytes } = settings;
  const jobsMegabytes = Math.max(0, Math.floor(machine.megabytes - limits.workerMegabytes));
  const most = each === undefined ? Infinity : Math.max(1, Math.floor(jobsMegabytes / each));
  const slots = settings.slots > 0 ? settings.slots : Math.min(gpus ?? machine.vcpus, most);
  const own = { slots, ...(gpus !== undefined && { gpus }) };
  if (each === undefined) return { ...own, ...shareOut(slots, jobsMegabytes, machine.megabytes, heapMegabytes) };
  const room = { ...own, maxHeapMegabytes: heapMegabytes ?? Math.floor(each * heapShare), maxMemoryMegabytes: each };
  return slots * each > jobsMegabytes ? { ...room, overcommitted: { jobsMegabytes } } : room;
}

function shareOut(slots: number, jobsMegabytes: number, megabytes: number, heapMegabytes?: number) {
  const heapOfShare = Math.max(minJobMegabytes, Math.floor((megabytes * heapShare) / slots));
  const maxHeapMegabytes = heapMegabytes ?? heapOfShare;
  const share = Math.max(minJobMegabytes, Math.floor(jobsMegabytes / slots));
  // Node needs some memory beside the heap.
  return { maxHeapMegabytes, maxMemoryMegabytes: Math.max(share, maxHeapMegabytes + minJobMegabytes) };
}
