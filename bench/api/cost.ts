import { type CallCount } from "./callCounter";
import { prices } from "./prices";

/** Cost of the calls of one kind. */
export interface CostRow {
  kind: string;
  callsPerJob: number;
  unitsPerJob: number;
  /** Dollars for a million units. */
  price: number;
  /** Dollars for a million jobs. */
  dollars: number;
}

/** Calls for so many jobs, as dollars for a million jobs. */
export function costOf(calls: CallCount[], jobs: number): { rows: CostRow[]; dollars: number } {
  const rows = calls.map(({ kind, price, calls: count, units }) => ({
    kind,
    callsPerJob: count / jobs,
    unitsPerJob: units / jobs,
    price: prices[price],
    dollars: (units / jobs) * prices[price],
  }));
  return { rows, dollars: rows.reduce((sum, { dollars }) => sum + dollars, 0) };
}
