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
  /** How long a job may wait for a slot. */
  targetLatencySeconds: number;
  minInstances: number;
  maxInstances: number;
}

/**
 * Instances that a type needs: just enough that the last job of its backlog waits no longer than the target latency for a
 * slot, at least one while there is any job, and within the bounds of its group. So an instance is launched only where
 * those that are there, or on their way, would keep a job waiting for longer than that.
 *
 * With n instances, as many jobs as they have slots run at once, and the slots take over the others at the pace at which
 * jobs end: the last one waits (backlog − slots × n) × secondsPerJob ÷ (slots × n). No instance is without a job of its own.
 *
 * The one rule of the scaler, of the workers that consider to end themselves, and of the simulator.
 */
export function neededInstances(input: CapacityInput): number {
  const { instances, slots, prefetch = 0, secondsPerJob, targetLatencySeconds, minInstances, maxInstances } = input;
  const atWork = Math.min(input.inFlight, instances * (slots + prefetch));
  const backlog = Math.max(input.visible + atWork, input.sent ?? 0);
  const inTime = Math.ceil((backlog * secondsPerJob) / (slots * (secondsPerJob + targetLatencySeconds)));
  const needed = Math.max(inTime, backlog > 0 ? 1 : 0);
  return Math.min(Math.max(needed, minInstances), maxInstances);
}
