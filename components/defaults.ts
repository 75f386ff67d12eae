/** Every default of the component and of its processors; the `@default` texts are held to it by a test. */
export const defaults = {
  lambdaRuntime: "nodejs22.x",
  tracking: true,
  authorization: "iam",
  logRetentionDays: 30,
  throttlingBurstLimit: 1_000,
  throttlingRateLimit: 500,
  frontendMemorySize: 512,
  frontendTimeoutSeconds: 15,
  routerMemorySize: 256,
  routerTimeoutSeconds: 60,
  /** SQS keeps a message for 14 days at the most ("Amazon SQS message quotas"). */
  retentionDays: 14,
  /**
   * The most that SQS takes ("Amazon SQS message quotas"). A job near SNS's 256 KiB, the provider's default here, grows
   * by its reason as a dead letter, and by JSON's escapes in the event that Lambda or SNS gave up on.
   */
  maxMessageBytes: 1_048_576,
  processor: {
    architecture: "arm64",
    instanceTypes: { arm64: ["c7g.large"], x86_64: ["c7i.large"] },
    slots: 0,
    timeoutSeconds: 900,
    prefetch: 0,
    maxAttempts: 3,
    acknowledge: "after",
    idleSeconds: 300,
    visibilityTimeoutSeconds: 60,
    backoffSeconds: 2,
    maxBackoffSeconds: 900,
    drainSeconds: 90,
    minInstances: 1,
    maxInstances: 10,
    rootVolumeGb: 30,
  },
} as const;
