import { type Conditions } from "./conditions";

/** Times at which EC2 calls an instance running, and shutting down, in seconds. */
export interface BilledInstance {
  runningAt: number;
  /** Missing while it runs. */
  endedAt?: number;
}

/** Billed seconds of instances until `now`: per second, with a minimum each. One that never ran costs nothing. */
export function billedSeconds(instances: BilledInstance[], { minBilledSeconds }: Conditions, now: number): number {
  let sum = 0;
  for (const { runningAt, endedAt = now } of instances) {
    if (endedAt > runningAt) sum += Math.max(endedAt - runningAt, minBilledSeconds);
  }
  return sum;
}

export function dollars(seconds: number, { dollarsPerHour }: Conditions): number {
  return (seconds * dollarsPerHour) / 3_600;
}
