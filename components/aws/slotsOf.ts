import { limits } from "../../contract/limits";
import { gpusOf, memoryOf, vcpusOf } from "./instanceTypes";

/** Settings of a processor that determine its slots. */
export interface SlotSettings {
  slots: number;
  instanceTypes: string[];
  memoryMegabytes?: number | undefined;
  gpu?: boolean;
}

/**
 * Concurrent jobs of one instance of a processor: as configured, or the vCPUs of its first instance type, or its GPUs,
 * as far as its memory holds as many jobs. If the type's name doesn't tell, workers report them once they run.
 */
export function slotsOf({ slots, instanceTypes: [first = ""], memoryMegabytes, gpu = false }: SlotSettings): number {
  if (slots > 0) return slots;
  const most = gpu ? (gpusOf(first) ?? 1) : vcpusOf(first);
  const fitting = memoryMegabytes === undefined ? undefined : jobsThatFit(first, memoryMegabytes);
  return Math.min(most, fitting ?? most);
}

/** Memory that an instance's system and its worker keep, in MB. */
const reservedMegabytes = limits.systemMegabytes + limits.workerMegabytes;

/** Part of an instance's memory that its kernel can give: firmware and the kernel itself take the rest. */
const usableShare = 0.93;

/** Most memory for jobs on an instance type, in MB; undefined if its name doesn't tell. */
export function mostForJobs(instanceType: string): number | undefined {
  const megabytes = memoryOf(instanceType);
  return megabytes === undefined ? undefined : Math.max(0, megabytes - reservedMegabytes);
}

function jobsThatFit(instanceType: string, memoryMegabytes: number): number | undefined {
  const megabytes = memoryOf(instanceType);
  if (megabytes === undefined) return undefined;
  return Math.max(1, Math.floor((megabytes * usableShare - reservedMegabytes) / memoryMegabytes));
}
