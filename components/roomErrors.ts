import * as pulumi from "@pulumi/pulumi";
import { describe } from "../contract/check";
import { ProcessorArgs, withDefaults } from "./ProcessorArgs";
import { mostForJobs } from "./slotsOf";

type InputError = pulumi.InputPropertyErrorDetails;

/** What is wrong with what a processor's jobs are to have of their instance, as far as its types' names say it. */
export function roomErrors(processor: ProcessorArgs, path: string): InputError[] {
  const types: unknown[] = Array.isArray(processor.instanceTypes)
    ? processor.instanceTypes
    : withDefaults(processor).instanceTypes;
  const names = types.filter((type) => typeof type === "string");
  return memoryErrors(processor, names, path);
}

/** Every type must hold the jobs, since any of them may be launched. */
function memoryErrors({ memoryMegabytes, slots }: ProcessorArgs, types: string[], path: string): InputError[] {
  if (typeof memoryMegabytes !== "number") return [];
  const count = typeof slots === "number" && slots > 0 ? slots : 1;
  const small = types
    .map((type) => ({ type, most: mostForJobs(type) ?? Infinity }))
    .sort((one, other) => one.most - other.most)[0];
  if (!small || memoryMegabytes * count <= small.most) return [];
  const each = count === 1 ? "" : ` for each of ${count} slots`;
  const reason = `Expected at most ${Math.floor(small.most / count)}${each}, which is what ${small.type} has for jobs, got ${describe(memoryMegabytes)}`;
  return [{ propertyPath: `${path}.memoryMegabytes`, reason }];
}
