/** For each share, the smallest value that this share of all doesn't exceed. */
export function quantiles(values: Iterable<number>, shares: number[]): number[] {
  const sorted = Float64Array.from(values).sort();
  return shares.map((share) => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]!);
}

export function median(values: Iterable<number>): number {
  return quantiles(values, [0.5])[0]!;
}
