import { gpusOf, memoryOf, vcpusOf } from "./instanceTypes";

/** A processor's settings that decide on its slots. */
export interface SlotSettings {
  slots: number;
  instanceTypes: string[];
  memoryMegabytes?: number | undefined;
  gpu?: boolean;
}

/**
 * Jobs at once of one instance of a processor: as configured, or the vCPUs of its first instance type, or its GPUs, as far
 * as its memory holds as many jobs. Where the type's name doesn't say, workers do once they are there.
 */
export function slotsOf({ slots, instanceTypes: [first = ""], memoryMegabytes, gpu = false }: SlotSettings): number {
  if (slots > 0) return slots;
  const most = gpu ? (gpusOf(first) ?? 1) : vcpusOf(first);
  const fitting = memoryMegabytes === undefined ? undefined : jobsThatFit(first, memoryMegabytes);
  return Math.min(most, fitting ?? most);
}

/** What an instance's system and its worker keep of its memory, in MB. */
const reservedMegabytes = 300 + 256;

/** Part of an instance's memory that its kernel has to give: firmware and the kernel itself take the rest. */
const usableShare = 0.93;

/** The most that jobs can have of an instance type's memory, in MB; undefined where its name doesn't say. */
export function mostForJobs(instanceType: string): number | undefined {
  const megabytes = memoryOf(instanceType);
  return megabytes === undefined ? undefined : Math.max(0, megabytes - reservedMegabytes);
}

function jobsThatFit(instanceType: string, memoryMegabytes: number): number | undefined {
  const megabytes = memoryOf(instanceType);
  if (megabytes === undefined) return undefined;
  return Math.max(1, Math.floor((megabytes * usableShare - reservedMegabytes) / memoryMegabytes));
}
