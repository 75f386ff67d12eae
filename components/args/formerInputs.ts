/**
 * Inputs of earlier versions, and the reason with which each is refused: `Expected X instead` if another input
 * replaces it, else what the component does without it. A test ensures that each input that ever existed is here or
 * still
 * an input.
 */
export const formerInputs: Record<"component" | "processor", Record<string, string>> = {
  component: {
    vpcId: "Expected network.vpcId instead",
    subnetIds: "Expected network.subnetIds instead",
    scaling: "Expected no such property: the scaler raises all fleets",
  },
  processor: {
    maxKeepSeconds: "Expected idleSeconds instead, or minInstances with a capacitySchedule",
  },
};
