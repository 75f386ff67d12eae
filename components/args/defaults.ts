import { assumedFigures } from "../../contract/fleet/capacity";
import { workerOptions } from "../../contract/workerSettings";

/** All defaults of the component and of its processors; a test compares the `@default` texts with them. */
export const defaults = {
  lambdaRuntime: "nodejs22.x",
  tracking: true,
  keepPayloads: true,
  pointInTimeRecovery: false,
  schedulesEnabled: true,
  events: false,
  authorization: "iam",
  logRetentionDays: 30,
  metrics: "type",
  dashboard: false,
  alarms: { deadLetters: 1, stalledSeconds: 600 },
  machineImage: "recommended",
  network: { privateWorkers: false, egress: "any", flowLogs: false },
  sessionManager: false,
  throttling: { burstLimit: 1_000, rateLimit: 500 },
  frontend: { memorySize: 512, timeoutSeconds: 15 },
  operator: { memorySize: 256, timeoutSeconds: 900 },
  router: { memorySize: 256, timeoutSeconds: 60 },
  repair: { memorySize: 256, timeoutSeconds: 55 },
  removal: { memorySize: 256, timeoutSeconds: 300 },
  scaler: { memorySize: 256, timeoutSeconds: 60 },
  processor: {
    instanceTypes: ["c7g.large"],
    gpu: false,
    spot: false,
    onDemandBaseCapacity: 0,
    slots: workerOptions.slots.default,
    timeoutSeconds: workerOptions.timeoutSeconds.default,
    prefetch: workerOptions.prefetch.default,
    maxAttempts: workerOptions.maxAttempts.default,
    payloads: "value",
    acknowledge: "after",
    idleSeconds: workerOptions.idleSeconds.default,
    backoffSeconds: workerOptions.backoffSeconds.default,
    drainSeconds: workerOptions.drainSeconds.default,
    minInstances: 0,
    maxInstances: 10,
    targetLatencySeconds: assumedFigures.targetLatencySeconds,
    rootVolumeGb: 30,
    instanceStore: false,
  },
} as const;

/** `recommended`, or `recommended:LABEL`: another label looks the image up again. */
export const recommendedPattern = /^recommended(?::([A-Za-z0-9-]{1,40}))?$/;
