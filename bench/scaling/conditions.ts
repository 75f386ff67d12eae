/** Conditions that all rules share. Times in seconds. */
export interface Conditions {
  /** Jobs at once of one instance: c7g.large has two vCPUs. */
  slots: number;
  maxInstances: number;
  /**
   * From the launch to EC2's state "running", from which on the instance is billed: 16.4 to 16.6 s whatever the type
   * (brevdev/ec2-coldboot-research, 2025).
   */
  pendingSeconds: number;
  /** From "running" to in service, at least and at most: 9 s to SSH (same source), then image, container, hook. */
  startSeconds: [number, number];
  /** From the call that ends an instance to "shutting-down", with which billing ends. */
  shutdownSeconds: number;
  /** Seconds that a billed instance costs at least ("Amazon EC2 On-Demand Pricing"). */
  minBilledSeconds: number;
  /** c7g.large, us-east-1, on demand. */
  dollarsPerHour: number;
  /** Age of SQS's approximate counts; AWS promises at most a minute ("GetQueueAttributes"). */
  countLagSeconds: number;
  /** A datapoint of SQS in CloudWatch stands for a minute and comes a minute later. */
  metricDelaySeconds: number;
  /** Time without a call after which an SQS queue sends no metrics ("Available CloudWatch metrics for Amazon SQS")… */
  metricSleepSeconds: number;
  /** …and once it is used again, they come up to so much later. */
  metricWakeSeconds: number;
  /** Time for a stopped worker to finish its jobs: the most that Fargate grants (`stopTimeout`). */
  graceSeconds: number;
}

export const conditions: Conditions = {
  slots: 2,
  maxInstances: 100,
  pendingSeconds: 17,
  startSeconds: [18, 38],
  shutdownSeconds: 5,
  minBilledSeconds: 60,
  dollarsPerHour: 0.072_5,
  countLagSeconds: 2,
  metricDelaySeconds: 60,
  metricSleepSeconds: 6 * 3_600,
  metricWakeSeconds: 900,
  graceSeconds: 120,
};
