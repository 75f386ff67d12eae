/** Reason why the scaler changes a group's desired capacity; only the last two may lower it. */
export type CapacityReason = "backlog" | "launches fail" | "spot stays short";

/** Words for the reasons of changes of a type's capacity; the last two are not the scaler's. */
export const capacityReasons = {
  backlog: "jobs waited",
  "launches fail": "launches failed",
  "spot stays short": "spot stayed short",
  idle: "idle instances ended",
  minimum: "the minimum was raised",
} satisfies Record<CapacityReason, string> & Record<string, string>;

/** Longest time, in minutes, for which the counts of a type are kept: 7 days. */
export const historyMinutes = 10_080;

/** Hash key of a type's past counts in the fleet table. No run of the scaler reads them with the fleet's own items. */
export function historyKey(type: string): string {
  return `${type}#history`;
}

/** Place of counts: the hour's item, and the attribute's name, which is the minute and second. */
export function historyPlace(milliseconds: number): [hour: string, attribute: string] {
  const time = new Date(milliseconds).toISOString();
  return [time.slice(0, 13), time.slice(14, 19)];
}

/** Counts as `encodeCounts` writes them, and why the scaler changed the capacity since those before, if it did. */
export function encodePast(counts: string, reason: CapacityReason | undefined): string {
  return reason ? `${counts}|${reason}` : counts;
}

export function decodePast(text: string): [counts: string, reason?: CapacityReason] {
  return text.split("|") as [string, CapacityReason?];
}
