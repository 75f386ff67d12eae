import { usageDay } from "../../../contract/fleet/usage";

const dayMilliseconds = 86_400_000;

/** A time in UTC as its day, such as `2026-11-26`, with the part of the span that lies in it. */
export interface DaySlice {
  day: string;
  milliseconds: number;
}

/** The span from one time to another, both in epoch milliseconds, by day. */
export function daySlices(from: number, to: number): DaySlice[] {
  const slices: DaySlice[] = [];
  for (let begun = from; begun < to;) {
    const end = Math.min(to, (Math.floor(begun / dayMilliseconds) + 1) * dayMilliseconds);
    slices.push({ day: usageDay(begun), milliseconds: end - begun });
    begun = end;
  }
  return slices;
}
