/** Time of instances that jobs have used, and its price. */
export interface Usage {
  /** Seconds of an instance: the run time of all attempts, divided by the slots of their instances. */
  seconds: number;
  /** The seconds at the price of an instance hour; missing where no price is known. */
  dollars?: number;
}

/** By what usage is kept: types, tenants, or values of one of the component's `usageLabels`. */
export type UsageDimension = "type" | "tenant" | `label:${string}`;

/**
 * One item of usage in the fleet table, as workers add to it: a day's jobs of a type, of one of its tenants, or with
 * one value of a label. Sums of `seconds` and `dollars` over jobs may lack the last minute of a worker that was lost.
 */
export interface UsageItem extends Usage {
  /** Jobs that ended. */
  jobs: number;
  /** Seconds and price of the type's instances from their start on, idle ones included: only by `type`. */
  instanceSeconds?: number;
  instanceDollars?: number;
  /** Expiry of the item: epoch seconds (DynamoDB's time to live). */
  expiresAt: number;
}

/** In place of an instance type: the price is that of all of a processor's instances. */
export const anyInstanceType = "*";

/** Days for which usage is kept: a year and a month, to compare a month with the same one of the year before. */
export const usageDays = 400;

/** Seconds between a worker's additions. */
export const usageSeconds = 60;

/** Hash key of a type's usage in the fleet table. No run of the scaler reads it with the fleet's own items. */
export function usageKey(type: string): string {
  return `${type}#usage`;
}

/** The day of a time in epoch milliseconds, in UTC: `2026-11-26`. */
export function usageDay(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 10);
}

/** Sort key of a day's usage: the day is a date in UTC, as in `2026-11-26`; a type's own has no value. */
export function usageItem(dimension: UsageDimension, day: string, value = ""): string {
  return `${dimension}#${day}#${value}`;
}
