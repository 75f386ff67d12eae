/**
 * Inputs of earlier versions, and the reason with which each is refused: `Expected X instead` if another input
 * replaces it, else what the component does without it. A test ensures that each input that ever existed is here or
 * still an input.
 */
export const formerInputs: Record<"component" | "processor", Record<string, string>> = {
  component: {
    vpcId: "Expected network.vpcId instead",
    subnetIds: "Expected network.subnetIds instead",
    privateWorkers: "Expected network.privateWorkers instead",
    jwtIssuer: "Expected jwt.issuer instead",
    jwtAudience: "Expected jwt.audiences instead",
    throttlingBurstLimit: "Expected throttling.burstLimit instead",
    throttlingRateLimit: "Expected throttling.rateLimit instead",
    frontendMemorySize: "Expected frontend.memorySize instead",
    frontendReservedConcurrency: "Expected frontend.reservedConcurrency instead",
    frontendProvisionedConcurrency: "Expected frontend.provisionedConcurrency instead",
    routerMemorySize: "Expected router.memorySize instead",
    routerReservedConcurrency: "Expected router.reservedConcurrency instead",
    routerProvisionedConcurrency: "Expected router.provisionedConcurrency instead",
    listing: "Expected no such property: jobs are listed unless tracking is false",
    scaling: "Expected no such property: the scaler raises all fleets",
  },
  processor: {
    architecture: "Expected instanceTypes instead: all Graviton types, or all x86_64 types",
    visibilityTimeoutSeconds:
      "Expected no such property: a job whose worker died stays hidden for 60 seconds, and heartbeats extend it",
    maxBackoffSeconds: "Expected no such property: attempts are at most 900 seconds apart",
    maxKeepSeconds: "Expected idleSeconds instead, or minInstances, or a capacitySchedule",
  },
};
