import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import type { BatchJobProcessorArgs } from "../../../../components";
import { argsSchema } from "../../../../components/args/checks/argsSchema";
import { formerInputs } from "../../../../components/args/checks/formerInputs";
import { validateArgs } from "../../../../components/args/checks/validateArgs";
import { packageRoot } from "../../../../contract/packageRoot";

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

/** Inputs that hold what members of the first count were, in groups. */
const groups = ["jwt", "throttling", "network", "frontend", "router"];

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

  it("are fewer by fourteen than those counted first, of which CONTRIBUTING names the later ones", () => {
    const text = readFileSync(join(packageRoot(), "CONTRIBUTING.md"), "utf8");
    const all = (of: Record<string, string[]>) => Object.values(of).flat().length;
    const later = (["component", "processor"] as const).flatMap((level) =>
      inputs[level].filter((name) => !firstCounted[level].includes(name) && !groups.includes(name)),
    );
    expect(all(inputs)).to.equal(all(firstCounted) + later.length - 14);
    expect(text).to.include(`have ${all(inputs)} members. They had ${all(firstCounted)} at the first count`);
    expect(text).to.include(
      `got ${later.length}, named below. Fourteen fewer are left of these ${all(firstCounted) + later.length}:`,
    );
    const named = [...text.split("Inputs added since")[1]!.matchAll(/`(\w+)`/g)].map(([, name]) => name);
    expect(named).to.include.members(later);
  });

  it("name an input of a processor nowhere else", () => {
    expect(problemsOf({ processors: [{ ...processor, vpcId: "vpc-1" }] })).to.deep.equal({
      "processors[0].vpcId": "Expected no such property",
    });
  });
});
