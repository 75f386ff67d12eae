export const deploymentOnlyModule = true;

/** A type's work and what its instances can do with it. */
export interface CapacityInput {
  /** Messages that could be received now (SQS: `ApproximateNumberOfMessages`). */
  visible: number;
  /**
   * Messages received and not yet deleted (SQS: `ApproximateNumberOfMessagesNotVisible`): jobs at work, and jobs in
   * backoff. What is more than the instances can hold is in backoff, which is no work for now.
   */
  inFlight: number;
  /** Jobs sent just now, which SQS's counts may not show yet. @default 0 */
  sent?: number;
  /** Instances in service. */
  instances: number;
  /** Jobs at once of one instance, at least 1. */
  slots: number;
  /** Messages that an instance holds ahead of its slots. @default 0 */
  prefetch?: number;
  /** How long a job takes. */
  secondsPerJob: number;
  /** How long the whole backlog may take. */
  targetLatencySeconds: number;
  minInstances: number;
  maxInstances: number;
}

/**
 * The instances that a type needs: enough to work its backlog off within the target latency, never more than have a job
 * to do, at least one while there is any, and within the bounds of its group. The one rule of the scaler, of the workers
 * that consider to end themselves, and of the simulator.
 */
export function neededInstances(input: CapacityInput): number {
  const { instances, slots, prefetch = 0, secondsPerJob, targetLatencySeconds, minInstances, maxInstances } = input;
  const atWork = Math.min(input.inFlight, instances * (slots + prefetch));
  const backlog = Math.max(input.visible + atWork, input.sent ?? 0);
  const inTime = Math.ceil((backlog * secondsPerJob) / (slots * targetLatencySeconds));
  const withWork = Math.ceil(backlog / slots);
  const needed = Math.max(Math.min(inTime, withWork), backlog > 0 ? 1 : 0);
  return Math.min(Math.max(needed, minInstances), maxInstances);
}
