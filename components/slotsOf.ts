/** vCPUs by the size that stands after an instance type's dot ("Amazon EC2 instance types by CPU options"). */
const bySize: Record<string, number> = { medium: 1, large: 2, xlarge: 4 };

/**
 * How many vCPUs an EC2 instance type has, from its name: no call is made for what the naming says. Burstable types (t…)
 * have two up to `large`. A size that says nothing, such as `metal`, counts as two, the least that the larger types have.
 */
export function vcpusOf(instanceType: string): number {
  const [, size = ""] = instanceType.split(".");
  const multiple = /^(\d+)xlarge$/.exec(size)?.[1] ?? /^metal-(\d+)xl$/.exec(size)?.[1];
  if (multiple !== undefined) return 4 * Number(multiple);
  if (isBurstable(instanceType) && size !== "xlarge") return 2;
  return bySize[size] ?? 2;
}

/** Whether the type earns and spends CPU credits: t2, t3, t3a and t4g. */
export function isBurstable(instanceType: string): boolean {
  return /^t\d/.test(instanceType);
}

/** Jobs at once of one instance of a processor: as configured, or the vCPUs of its first instance type. */
export function slotsOf({ slots, instanceTypes }: { slots: number; instanceTypes: string[] }): number {
  return slots > 0 ? slots : vcpusOf(instanceTypes[0] ?? "");
}
