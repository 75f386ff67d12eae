import { type Work } from "./work";

/** Task of both sides, and the target of ours. */
export interface Scenario {
  name: string;
  slots: number;
  visibilityTimeoutSeconds: number;
  jobs: Work[];
  warmUp: Work[];
  /** Our side, once for each entry. A row without a target is for information. */
  ours: { name: string; prefetch: number; hasRecords: boolean; target?: Target }[];
}

export interface Target {
  /** Against the better of the peer's forms. */
  minRatio: number;
  maxCallsPerJob?: number;
  hasNoDuplicates?: true;
}

/** @param scale more than 1 for steadier figures, less for a quick look */
export function createScenarios(stepsOf50Ms: number, scale: number): Record<"a" | "b" | "c", Scenario> {
  const times = (count: number, work: (index: number) => Work) =>
    Array.from({ length: Math.max(1, Math.round(count * scale)) }, (_, index) => work(index));
  const nothing = (): Work => ({ kind: "nothing" });
  const mostlyShort = (index: number): Work => ({ kind: "wait", milliseconds: index % 100 === 50 ? 2_000 : 10 });
  const computing = (): Work => ({ kind: "compute", steps: stepsOf50Ms });
  return {
    a: {
      name: "(a) no-op jobs",
      slots: 10,
      visibilityTimeoutSeconds: 30,
      jobs: times(3_000, nothing),
      warmUp: times(1_000, nothing),
      ours: [
        { name: "prefetch 100", prefetch: 100, hasRecords: false, target: { minRatio: 8, maxCallsPerJob: 0.25 } },
        { name: "prefetch 100, with records", prefetch: 100, hasRecords: true },
      ],
    },
    b: {
      name: "(b) 99 % of 10 ms, 1 % of 2 s",
      slots: 10,
      visibilityTimeoutSeconds: 30,
      jobs: times(1_000, mostlyShort),
      warmUp: times(100, () => ({ kind: "wait", milliseconds: 10 })),
      ours: [
        { name: "prefetch 10", prefetch: 10, hasRecords: false, target: { minRatio: 7 } },
        { name: "prefetch 0", prefetch: 0, hasRecords: false, target: { minRatio: 4.5 } },
      ],
    },
    c: {
      name: "(c) 50 ms of CPU, visibility 2 s",
      slots: 2,
      visibilityTimeoutSeconds: 2,
      jobs: times(150, computing),
      warmUp: times(10, computing),
      ours: [
        { name: "prefetch 10", prefetch: 10, hasRecords: false, target: { minRatio: 1.7, hasNoDuplicates: true } },
      ],
    },
  };
}
