import { availableParallelism } from "node:os";
import { WorkerSettings } from "../../../contract/workerSettings";
import { findGpus, FoundGpus } from "../support/gpus";
import { memoryMegabytes } from "./memory";

/** Left to the worker itself, of the memory that jobs divide among them. */
const workerMegabytes = 256;

/** Less is of no use to any program. */
const minJobMegabytes = 128;

/** Share of a job's memory that a handler's heap may take: buffers, native code and Node itself need the rest. */
const heapShare = 0.75;

/** The machine, or the container, that a worker runs on. */
export interface Machine {
  vcpus: number;
  megabytes: number;
  findGpus(): FoundGpus;
}

/** The jobs that a worker runs at once, and each one's share of the memory. */
export interface Room {
  slots: number;
  /** GPUs that the jobs get, each one; undefined for jobs without. */
  gpus?: number;
  /** The most that one handler's JavaScript heap may hold. */
  maxHeapMegabytes: number;
  /** The most that one job's processes may hold in all. */
  maxMemoryMegabytes: number;
  /** Set where the jobs may hold more in all than the machine has for them: how much that is. */
  overcommitted?: { jobsMegabytes: number };
}

export function thisMachine(): Machine {
  return { vcpus: availableParallelism(), megabytes: memoryMegabytes(), findGpus };
}

/**
 * Divides the machine among jobs: a slot for each vCPU, or each GPU, as far as the memory reaches, unless the settings say
 * how many.
 *
 * @param gpus GPUs that the jobs get, each one
 * @param heapMegabytes heap of a handler, in place of what follows from the rest
 */
export function divideMachine(
  settings: Pick<WorkerSettings, "slots" | "memoryMegabytes">,
  machine: Pick<Machine, "vcpus" | "megabytes">,
  { gpus, heapMegabytes }: { gpus?: number | undefined; heapMegabytes?: number | undefined } = {},
): Room {
  const { memoryMegabytes: each } = settings;
  const jobsMegabytes = Math.max(0, Math.floor(machine.megabytes - workerMegabytes));
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
  // Node needs some for itself beside the heap.
  return { maxHeapMegabytes, maxMemoryMegabytes: Math.max(share, maxHeapMegabytes + minJobMegabytes) };
}
