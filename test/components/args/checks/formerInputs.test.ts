import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import type { BatchJobProcessorArgs } from "../../../../components";
import { argsSchema } from "../../../../components/args/checks/argsSchema";
import { formerInputs } from "../../../../components/args/checks/formerInputs";
import { validateArgs } from "../../../../components/args/checks/validateArgs";

/** Every member that the two interfaces had when their inputs were first counted, 57 of them. */
const firstCounted = {
  component: [
    ...["processors", "tracking", "listing", "pointInTimeRecovery", "events", "authorization", "jwtIssuer"],
    ...["jwtAudience", "throttlingBurstLimit", "throttlingRateLimit", "scaling", "vpcId", "subnetIds"],
    ...["privateWorkers", "sessionManager", "image", "policyStatements", "environment", "logRetentionDays"],
    ...["frontendMemorySize", "frontendReservedConcurrency", "frontendProvisionedConcurrency"],
    ...["routerMemorySize", "routerReservedConcurrency", "routerProvisionedConcurrency", "tags"],
  ],
  processor: [
    ...["name", "handler", "command", "handle", "description", "payloadSchema", "image", "architecture"],
    ...["instanceTypes", "spot", "onDemandBaseCapacity", "rootVolumeGb", "slots", "prefetch", "acknowledge"],
    ...["timeoutSeconds", "maxAttempts", "visibilityTimeoutSeconds", "backoffSeconds", "maxBackoffSeconds"],
    ...["drainSeconds", "idleSeconds", "capacitySchedule", "minInstances", "maxInstances", "targetLatencySeconds"],
    ...["maxKeepSeconds", "secondsPerJob", "schedules", "environment", "policyStatements"],
  ],
};

const inputs = {
  component: Object.keys(argsSchema.shape),
  processor: Object.keys(argsSchema.shape.processors.element.shape),
};

function problemsOf(args: object): Record<string, string> {
  try {
    validateArgs("jobs", args as BatchJobProcessorArgs);
    return {};
  } catch (error) {
    if (!(error instanceof pulumi.InputPropertiesError)) throw error;
    return Object.fromEntries((error.errors ?? []).map(({ propertyPath, reason }) => [propertyPath, reason]));
  }
}

describe("former inputs", () => {
  const processor = { name: "a", handler: "a" };

  for (const level of ["component", "processor"] as const) {
    it(`of a ${level} are all inputs that were once counted and have been removed`, () => {
      const gone = firstCounted[level].filter((name) => !inputs[level].includes(name));
      expect(Object.keys(formerInputs[level])).to.have.members(gone);
    });

    for (const [name, reason] of Object.entries(formerInputs[level])) {
      it(`refuse ${name} of a ${level} by its path, with what to give instead`, () => {
        const former = { [name]: undefined, ...(level === "component" && { processors: [processor] }) };
        const given = level === "component" ? { ...former, [name]: 1 } : { processors: [{ ...processor, [name]: 1 }] };
        const path = level === "component" ? name : `processors[0].${name}`;
        expect(problemsOf(given)).to.deep.equal({ [path]: reason });
        const [, instead] = /^Expected (\S+) instead/.exec(reason) ?? [];
        if (instead) expect(inputs[level]).to.include(instead.split(".")[0]);
        else expect(reason).to.match(/^Expected no such property: ./);
      });
    }
  }

  it("name an input of a processor nowhere else", () => {
    expect(problemsOf({ processors: [{ ...processor, vpcId: "vpc-1" }] })).to.deep.equal({
      "processors[0].vpcId": "Expected no such property",
    });
  });
});
