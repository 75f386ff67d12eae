/**
 * Figures of a type until its workers have reported a duration, or its fleet item exists: scaler and workers must
 * assume the same, or one launches what the other terminates. A job's duration is capped at its type's timeout.
 */
export const assumedFigures = { secondsPerJob: 10, targetLatencySeconds: 30 } as const;

/** A type's work and the capacity of its instances. */
export interface CapacityInput {
  /** Messages that could be received now (SQS: `ApproximateNumberOfMessages`). */
  visible: number;
  /**
   * Messages received and not yet deleted (SQS: `ApproximateNumberOfMessagesNotVisible`): running jobs, and jobs in
   * backoff. Messages beyond what the instances can hold are in backoff and don't count as work.
   */
  inFlight: number;
  /** Jobs just sent, which SQS's counts may not show yet. @default 0 */
  sent?: number;
  /** Instances in service. */
  instances: number;
  /** Concurrent jobs of one instance, at least 1. */
  slots: number;
  /** Messages that an instance holds ahead of its slots. @default 0 */
  prefetch?: number;
  /** Duration of a job, in seconds. */
  secondsPerJob: number;
  /** Longest time that a job may wait for a slot, in seconds. */
  targetLatencySeconds: number;
  minInstances: number;
  maxInstances: number;
}

/**
 * Instances that a type needs: just enough that the last job of its backlog waits no longer than the target latency
 * for a slot, at least one while there is any job, and within the bounds of its group. So an instance is launched only
 * if the present and starting ones would keep a job waiting for longer than that.
 *
 * With n instances, as many jobs as they have slots run at once, and the slots take the others as jobs end: the last
 * one waits (backlog − slots × n) × secondsPerJob ÷ (slots × n). There are never more instances than jobs.
 *
 * The one rule of the scaler, of the idle workers, and of the simulator.
 */
export function neededInstances(input: CapacityInput): number {
  const { instances, slots, prefetch = 0, secondsPerJob, targetLatencySeconds, minInstances, maxInstances } = input;
  const atWork = Math.min(input.inFlight, instances * (slots + prefetch));
  const backlog = Math.max(input.visible + atWork, input.sent ?? 0);
  const inTime = Math.ceil((backlog * secondsPerJob) / (slots * (secondsPerJob + targetLatencySeconds)));
  const needed = Math.max(inTime, backlog > 0 ? 1 : 0);
  return Math.min(Math.max(needed, minInstances), maxInstances);
}
