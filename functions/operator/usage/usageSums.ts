import { addUsage, type UsageRow, type UsageSum, withIdle } from "../../../contract/http/usageReport";
import type { DaysUsage } from "../services/readUsage";
import type { UsageQuery } from "./readAsked";

/** Usage by row, and in total. */
export interface UsageSums {
  /** Number of rows so far. */
  rows(): number;
  addToTotal(items: DaysUsage[]): void;
  addToRows(type: string, items: DaysUsage[]): void;
  /** Rows by day and name, rounded, and the total. */
  view(): { rows: UsageRow[]; total: UsageSum };
}

export function createUsageSums({ by = "type", per }: Pick<UsageQuery, "by" | "per">): UsageSums {
  const rows = new Map<string, UsageRow>();
  const total: UsageSum = { jobs: 0, seconds: 0 };
  return {
    rows: () => rows.size,
    addToTotal(items) {
      for (const item of items) addUsage(total, usageOf(item));
    },
    addToRows(type, items) {
      for (const item of items) {
        const name = by === "type" ? { type } : by === "tenant" ? { tenant: item.value } : { value: item.value };
        const named = { ...(per && { day: item.day }), ...name };
        const key = Object.values(named).join(" ");
        const row = rows.get(key) ?? { ...named, jobs: 0, seconds: 0 };
        rows.set(key, row);
        addUsage(row, usageOf(item));
      }
    },
    view() {
      const sorted = [...rows].sort(([one], [other]) => (one < other ? -1 : 1));
      return { rows: sorted.map(([, row]) => withIdle(row)), total: withIdle(total) };
    },
  };
}

function usageOf({ jobs, seconds, dollars, instanceSeconds, instanceDollars }: DaysUsage): UsageSum {
  const lacksPrice =
    (seconds > 0 && dollars === undefined) || ((instanceSeconds ?? 0) > 0 && instanceDollars === undefined);
  return { jobs, seconds, dollars, instanceSeconds, instanceDollars, ...(lacksPrice && { unpriced: true }) };
}
