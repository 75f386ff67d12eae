import type { PastCounts } from "../contract/http/answers";

/** Values over time, each of which holds until the next; null where they are unknown. Times are epoch milliseconds. */
export interface Curves {
  times: number[];
  of: Record<CurveName, (number | null)[]>;
}

type CurveName = "waiting" | "running" | "inService" | "desired";

const names: CurveName[] = ["waiting", "running", "inService", "desired"];

/** Longest time for which counts with jobs hold: if none follow, the scaler didn't run. */
const holdMilliseconds = 120_000;

/** The counts of a type's history as curves from one time to another. */
export function curvesOf(counts: PastCounts[], from: number, to: number): Curves {
  const curves: Curves = { times: [], of: { waiting: [], running: [], inService: [], desired: [] } };
  const add = (time: number, values: PastCounts | undefined) => {
    curves.times.push(time);
    for (const name of names) curves.of[name].push(values?.[name] ?? null);
  };
  for (const [index, values] of counts.entries()) {
    // The two clocks may differ.
    const at = Math.min(Date.parse(values.at), to);
    const next = counts[index + 1];
    const end = next ? Date.parse(next.at) : to;
    const isKnown = values.waiting + values.running === 0 || end - at <= holdMilliseconds;
    const known = isKnown ? end : at + holdMilliseconds;
    if (known > from) add(Math.max(at, from), values);
    if (known > from && known + 1 < end) add(known, values);
    if (Math.max(known, from) + 1 < end) add(Math.max(known + 1, from), undefined);
    if (!next && isKnown && at < to) add(to, values);
  }
  return curves;
}

/** A change of capacity: instances wanted before and after, and the reason. */
export interface CapacityChange {
  at: string;
  before: number | undefined;
  after: number;
  reason: NonNullable<PastCounts["reason"]>;
}

/** The changes within the time, newest first. */
export function changesIn(counts: PastCounts[], from: number): CapacityChange[] {
  return counts
    .flatMap(({ at, desired: after, reason }, index) =>
      reason === undefined || Date.parse(at) < from ? [] : { at, before: counts[index - 1]?.desired, after, reason },
    )
    .reverse();
}
