import type * as pulumi from "@pulumi/pulumi";
import { describe } from "../../../contract/check";
import { gpusOf, hasGpu, hasInstanceStore } from "../../aws/instanceTypes";
import { mostForJobs } from "../../aws/slotsOf";
import { type ProcessorArgs, withDefaults } from "../ProcessorArgs";

type InputError = pulumi.InputPropertyErrorDetails;

/**
 * Problems of a processor's shares of its instance, as far as its types' names tell.
 *
 * @param image the component's, for processors without one
 */
export function roomErrors(processor: ProcessorArgs, image: unknown, path: string): InputError[] {
  const types: unknown[] = Array.isArray(processor.instanceTypes)
    ? processor.instanceTypes
    : withDefaults(processor).instanceTypes;
  const names = types.filter((type) => typeof type === "string");
  const gpuErrors = processor.gpu === true ? errorsOfGpu(processor, image, names, path) : [];
  return [...memoryErrors(processor, names, path), ...storeErrors(processor, path), ...gpuErrors];
}

/** The default types have no instance store. */
function storeErrors({ instanceStore, instanceTypes }: ProcessorArgs, path: string): InputError[] {
  if (instanceStore !== true) return [];
  if (instanceTypes === undefined) {
    const reason = 'Expected types with NVMe disks with instanceStore: true, such as ["c7gd.large"], got none';
    return [{ propertyPath: `${path}.instanceTypes`, reason }];
  }
  const types: unknown[] = Array.isArray(instanceTypes) ? instanceTypes : [];
  return types.flatMap((type, index) => {
    if (typeof type !== "string" || hasInstanceStore(type)) return [];
    const reason = `Expected a type with NVMe disks with instanceStore: true, such as "c7gd.large", got ${describe(type)}`;
    return [{ propertyPath: `${path}.instanceTypes[${index}]`, reason }];
  });
}

function errorsOfGpu(processor: ProcessorArgs, image: unknown, types: string[], path: string): InputError[] {
  const errors: InputError[] = [];
  const refuse = (property: string, reason: string) => errors.push({ propertyPath: `${path}.${property}`, reason });
  const { instanceTypes, slots } = processor;
  if ((processor.image ?? image) === undefined) {
    refuse(
      "image",
      "Expected an image that brings CUDA with gpu: true, got none: the stock image has nothing for GPUs",
    );
  }
  if (instanceTypes === undefined) {
    refuse("instanceTypes", 'Expected types with NVIDIA GPUs with gpu: true, such as ["g6.xlarge"], got none');
    return errors;
  }
  types.forEach((type, index) => {
    if (hasGpu(type)) return;
    const what = "an x86_64 type with NVIDIA GPUs with gpu: true (families g and p)";
    refuse(`instanceTypes[${index}]`, `Expected ${what}, got ${describe(type)}`);
  });
  const fewest = Math.min(...types.map((type) => gpusOf(type) ?? Infinity));
  if (typeof slots === "number" && slots > fewest) {
    const least = types.find((type) => gpusOf(type) === fewest);
    refuse("slots", `Expected at most ${fewest}, the GPUs of ${least}, got ${describe(slots)}`);
  }
  return errors;
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
