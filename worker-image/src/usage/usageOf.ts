import { type Usage } from "../../../contract/fleet/usage";

/** The part of an instance that a job uses, and its price. */
export interface UsageRate {
  /** Concurrent jobs of the instance. */
  slots: number;
  /** Dollars for an hour of the instance; undefined while none is known. */
  readonly pricePerInstanceHour?: number | undefined;
}

/** Usage of a run, by its milliseconds. A job that runs alone has the whole instance. */
export function usageOf(
  milliseconds: number,
  { slots, pricePerInstanceHour: price }: UsageRate,
  isAlone = false,
): Usage {
  const seconds = Math.max(0, milliseconds) / 1_000 / (isAlone ? 1 : slots);
  return { seconds: rounded(seconds), ...(price !== undefined && { dollars: rounded(dollarsOf(seconds, price)) }) };
}

/** The price of some seconds of an instance. */
export function dollarsOf(seconds: number, pricePerInstanceHour: number): number {
  return (seconds * pricePerInstanceHour) / 3_600;
}

/** The sum; dollars as far as they are known. */
export function addUsage(before: Usage | undefined, more: Usage): Usage {
  if (before === undefined) return more;
  const dollars = [before.dollars, more.dollars].filter((part) => part !== undefined);
  const sum = dollars.reduce((all, part) => all + part, 0);
  return { seconds: rounded(before.seconds + more.seconds), ...(dollars.length > 0 && { dollars: rounded(sum) }) };
}

/** Digits that people read; sums of a million jobs keep them. */
function rounded(value: number): number {
  return Number(value.toPrecision(9));
}
