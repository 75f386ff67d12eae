interface Line {
  count: number;
  cents: number;
}

/** Sum of the lines, in cents. */
export function total(lines: Line[]): number {
  const sum = lines.reduce((cents, line) => cents + line.count * line.cents, 0);
  if (!Number.isSafeInteger(sum)) throw new RangeError(`Expected a sum that a number can hold, got ${sum}`);
  return sum;
}
