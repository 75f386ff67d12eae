/**
 * A type's work and capacity, as the scaler has just counted them: numbers in this order. Those of messages are SQS's,
 * approximate; those of slots are the workers' reports. `inService` is instances that take jobs, `retiring` those that
 * only finish theirs.
 */
export type FleetCounts = [
  visible: number,
  inFlight: number,
  delayed: number,
  inService: number,
  retiring: number,
  pending: number,
  desired: number,
  max: number,
  slots: number,
  busy: number,
];

/** The counts as the fleet item has them: short, since the scaler writes them each minute while a type has work. */
export function encodeCounts(counts: FleetCounts): string {
  return counts.join(" ");
}

/** Reads the counts; those that are missing are zero. Undefined if the type was never counted. */
export function decodeCounts(text: string | undefined): FleetCounts | undefined {
  return text?.split(" ").map((number) => Number(number) || 0) as FleetCounts | undefined;
}
