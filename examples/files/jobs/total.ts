import type { Invoice } from "./invoice";

/** Sum of the lines, in cents. */
export function total(lines: Invoice["lines"]): number {
  const sum = lines.reduce((cents, line) => cents + line.count * line.cents, 0);
  if (!Number.isSafeInteger(sum)) throw new RangeError(`Expected a sum that a number can hold, got ${sum}`);
  return sum;
}
