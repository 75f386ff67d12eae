import { relative } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { bytesOf, describe, isObject } from "../../contract/check";
import { limits } from "../../contract/limits";
import { maxComponentCharacters } from "../aws/fitName";
import { architectureOf, isBurstable } from "../aws/instanceTypes";
import { usesThis } from "../handlers/bundle/handlerFindings";
import { definitionOf, placeOf } from "../handlers/jobs/jobDeclaration";
import { argsSchema, explainIssue } from "./argsSchema";
import { type BatchJobProcessorArgs } from "./BatchJobProcessorArgs";
import { Egress } from "./choices";
import { recommendedPattern } from "./defaults";
import { sizeErrors } from "./environmentErrors";
import { formerInputs } from "./formerInputs";
import { invalidInputs } from "./invalidInputs";
import { type LambdaArgs } from "./LambdaArgs";
import { type NetworkArgs } from "./NetworkArgs";
import { withOutputErrors } from "./outputErrors";
import { privateImageProblem } from "./privateImages";
import { type CapacityChange, type JobSchedule, type ProcessorArgs, withDefaults } from "./ProcessorArgs";
import { roomErrors } from "./roomErrors";
import { schemaProblem } from "./schemaProblem";
import { clashErrors } from "./secrets";
import { withJobFiles } from "./withJobFiles";

/**
 * The inputs with what their handlers' files say.
 *
 * @throws `pulumi.InputPropertiesError` that names every problem of the inputs with its property path.
 */
export function validateArgs(name: string, given: BatchJobProcessorArgs): BatchJobProcessorArgs {
  const { args, errors: contradictions, places } = withJobFiles(given);
  const shape = shapeErrors(args);
  // Sizes need a valid program.
  const between = () => [...relationErrors(args), ...(shape.length === 0 ? sizeErrors(args) : [])];
  const found = [...nameErrors(name), ...withOutputErrors(args, shape, between), ...contradictions];
  const errors = found.map(({ propertyPath, reason }) => {
    const place = places.get(/^processors\[\d+\]\.\w+/.exec(propertyPath)?.[0] ?? "");
    return { propertyPath, reason: place === undefined ? reason : `${reason}, in defineJob at ${place}` };
  });
  if (errors.length > 0) throw new pulumi.InputPropertiesError({ message: invalidInputs(name, errors), errors });
  return args;
}

type InputError = pulumi.InputPropertyErrorDetails;

/** Problems of the component's own name, with which the physical names of its resources begin. */
function nameErrors(name: string): InputError[] {
  if (/^[A-Za-z][A-Za-z0-9-]*$/.test(name) && name.length <= maxComponentCharacters) return [];
  const what = `1–${maxComponentCharacters} letters, digits and hyphens, starting with a letter`;
  return [{ propertyPath: "name", reason: `Expected a component's name of ${what}, got ${describe(name)}` }];
}

/** Problems of single properties. */
function shapeErrors(args: BatchJobProcessorArgs): InputError[] {
  const outcome = argsSchema.safeParse(args, { error: explainIssue });
  return (outcome.error?.issues ?? []).flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => ({
          propertyPath: pathOf([...issue.path, key]),
          reason: formerReason(issue.path, key) ?? "Expected no such property",
        }))
      : [{ propertyPath: pathOf(issue.path), reason: issue.message }],
  );
}

/** The reason to refuse a key at the path, if it was an input once. */
function formerReason(path: PropertyKey[], key: string): string | undefined {
  const isOfProcessor = path.length === 2 && path[0] === "processors";
  if (path.length > 0 && !isOfProcessor) return undefined;
  const former = formerInputs[isOfProcessor ? "processor" : "component"];
  return Object.hasOwn(former, key) ? former[key] : undefined;
}

/** Problems between properties. Runs even if the shape is wrong, so that all problems are reported together. */
function relationErrors(args: BatchJobProcessorArgs): InputError[] {
  if (!isObject(args)) return [];
  const processors: unknown[] = Array.isArray(args.processors) ? args.processors : [];
  return [
    ...processors.flatMap((processor, index) =>
      isObject(processor) ? processorErrors(processor as unknown as ProcessorArgs, args, index) : [],
    ),
    ...clashErrors(args),
    ...machineImageErrors(args),
    ...networkErrors(args),
    ...privateNetworkErrors(args),
    ...authorizationErrors(args),
    ...(["frontend", "router"] as const).flatMap((half) => concurrencyErrors(args, half)),
  ];
}

function processorErrors(processor: ProcessorArgs, args: BatchJobProcessorArgs, index: number): InputError[] {
  const path = `processors[${index}]`;
  const earlier: unknown[] = args.processors.slice(0, index);
  const errors: InputError[] = [];
  const refuse = (property: string, reason: string) => errors.push({ propertyPath: `${path}.${property}`, reason });
  const twin = earlier.findIndex((other) => isObject(other) && other.name === processor.name);
  if (processor.name !== undefined && twin >= 0) {
    refuse("name", `Expected a unique name, got ${describe(processor.name)}, which processors[${twin}] has`);
  }
  errors.push(...handlerErrors(processor, path));
  const { minInstances, maxInstances } = withDefaults(processor);
  if (minInstances > maxInstances) {
    refuse("minInstances", `Expected at most maxInstances (${maxInstances}), got ${minInstances}`);
  }
  return [
    ...errors,
    ...spotErrors(processor, path),
    ...schemaErrors(processor, path),
    ...jobScheduleErrors(processor, path),
    ...scheduleErrors(processor, path),
    ...instanceTypeErrors(processor, path),
    ...roomErrors(processor, args.image, path),
  ];
}

function schemaErrors({ payloadSchema }: ProcessorArgs, path: string): InputError[] {
  if (!isObject(payloadSchema)) return [];
  const reason = schemaProblem(payloadSchema);
  return reason === undefined ? [] : [{ propertyPath: `${path}.payloadSchema`, reason }];
}

function jobScheduleErrors({ schedules }: ProcessorArgs, path: string): InputError[] {
  const list: unknown[] = Array.isArray(schedules) ? schedules : [];
  return list.flatMap((schedule, index) => {
    if (!isObject(schedule)) return [];
    const { name, payload = null } = schedule as Partial<JobSchedule>;
    const errors: InputError[] = [];
    const twin = list.findIndex((other) => isObject(other) && other.name === name);
    if (twin < index) {
      const reason = `Expected a unique name, got ${describe(name)}, which schedules[${twin}] has`;
      errors.push({ propertyPath: `${path}.schedules[${index}].name`, reason });
    }
    const bytes = bytesOf(JSON.stringify(JSON.stringify(payload)));
    if (bytes > maxSchedulePayloadBytes) {
      const reason = `Expected at most ${maxSchedulePayloadBytes} bytes of JSON with all quotes escaped, got ${bytes}`;
      errors.push({ propertyPath: `${path}.schedules[${index}].payload`, reason });
    }
    return errors;
  });
}

/** Room in a schedule, less the envelope. */
const maxSchedulePayloadBytes = limits.maxScheduleInputBytes - 2_000;

function spotErrors(processor: ProcessorArgs, path: string): InputError[] {
  const { spot, onDemandBaseCapacity, maxInstances } = withDefaults(processor);
  const refuse = (reason: string) => [{ propertyPath: `${path}.onDemandBaseCapacity`, reason }];
  if (!spot && processor.onDemandBaseCapacity !== undefined) return refuse("Expected only with spot: true");
  if (onDemandBaseCapacity <= maxInstances) return [];
  return refuse(`Expected at most maxInstances (${maxInstances}), got ${onDemandBaseCapacity}`);
}

function scheduleErrors(processor: ProcessorArgs, path: string): InputError[] {
  const changes: unknown[] = Array.isArray(processor.capacitySchedule) ? processor.capacitySchedule : [];
  const { maxInstances } = withDefaults(processor);
  return changes.flatMap((change, index) => {
    if (!isObject(change)) return [];
    const { recurrence, timeZone, minInstances } = change as Partial<CapacityChange>;
    const errors: InputError[] = [];
    if (typeof minInstances === "number" && minInstances > maxInstances) {
      const reason = `Expected at most maxInstances (${maxInstances}), got ${minInstances}`;
      errors.push({ propertyPath: `${path}.capacitySchedule[${index}].minInstances`, reason });
    }
    const twin = changes.findIndex(
      (other) => isObject(other) && other.recurrence === recurrence && other.timeZone === timeZone,
    );
    if (twin < index) {
      const reason = `Expected a time of its own, got that of capacitySchedule[${twin}]`;
      errors.push({ propertyPath: `${path}.capacitySchedule[${index}].recurrence`, reason });
    }
    return errors;
  });
}

/** The kinds of handler, of which a processor has exactly one. */
const kinds = ["handler", "command", "handle"] as const;

function handlerErrors(processor: ProcessorArgs, path: string): InputError[] {
  const defined = definitionOf(processor.handle) ?? definitionOf(processor.handler);
  if (defined) {
    const [file, line] = placeOf(defined.place.stack) ?? [];
    const got = `got that of ${file && relative("", file)}:${line} in the program`;
    const reason = `Expected defineJob as the default export of a file, with its path as handler: "./jobs/invoice.ts", ${got}: put it in a file`;
    return [{ propertyPath: `${path}.${definitionOf(processor.handle) ? "handle" : "handler"}`, reason }];
  }
  const given = kinds.filter((kind) => processor[kind] !== undefined);
  if (given.length !== 1) {
    const got = given.length === 0 ? "none of them" : given.join(" and ");
    return [
      {
        propertyPath: `${path}.${given[1] ?? "handler"}`,
        reason: `Expected exactly one of handler, command and handle, got ${got}`,
      },
    ];
  }
  if (typeof processor.handle !== "function" || !usesThis(processor.handle)) return [];
  const reason = "Expected a handler that doesn't use `this`, which a worker doesn't have: use variables instead";
  return [{ propertyPath: `${path}.handle`, reason }];
}

function instanceTypeErrors(processor: ProcessorArgs, path: string): InputError[] {
  const types: unknown[] = Array.isArray(processor.instanceTypes) ? processor.instanceTypes : [];
  const { architecture, spot } = withDefaults(processor);
  const isOfCredits = (type: unknown) => typeof type === "string" && isBurstable(type);
  const isMixed = spot && types.some(isOfCredits);
  return types.flatMap((type, index) => {
    if (isMixed && typeof type === "string" && !isOfCredits(type)) {
      const reason = `Expected t types alone with spot, whose credits are set for all of them, got ${describe(type)}`;
      return [{ propertyPath: `${path}.instanceTypes[${index}]`, reason }];
    }
    if (typeof type !== "string" || architectureOf(type) === architecture) return [];
    const reason = `Expected a type of ${architecture}, as the first one is, got ${describe(type)}, which is of ${architectureOf(type)}`;
    return [{ propertyPath: `${path}.instanceTypes[${index}]`, reason }];
  });
}

/** One id can't serve instances of two architectures, nor those with and without GPUs. */
function machineImageErrors({ machineImage, processors }: BatchJobProcessorArgs): InputError[] {
  if (typeof machineImage !== "string" || recommendedPattern.test(machineImage) || !Array.isArray(processors))
    return [];
  const served = processors.filter((processor) => isObject(processor) && processor.machineImage === undefined);
  const kinds = served
    .map((processor) => withDefaults(processor))
    .map(({ architecture, gpu }) => `${architecture} ${gpu}`);
  if (new Set(kinds).size < 2) return [];
  const reason =
    "Expected the processors' own machineImage, since they differ in architecture or gpu, got one id for all";
  return [{ propertyPath: "machineImage", reason }];
}

function networkErrors(args: BatchJobProcessorArgs): InputError[] {
  const network: NetworkArgs = isObject(args.network) ? args.network : {};
  const errors: InputError[] = [];
  const refuse = (property: keyof NetworkArgs, reason: string) =>
    errors.push({ propertyPath: `network.${property}`, reason });
  const { vpcId, subnetIds, securityGroupIds, privateWorkers, egress, flowLogs } = network;
  if (vpcId === undefined && subnetIds !== undefined) refuse("vpcId", "Expected the VPC of subnetIds, got nothing");
  if (vpcId !== undefined && subnetIds === undefined) refuse("subnetIds", "Expected subnets of vpcId, got nothing");
  if (vpcId !== undefined && privateWorkers === true) {
    refuse("privateWorkers", "Expected only without vpcId: given subnets have their own way to AWS");
  }
  if (vpcId === undefined && securityGroupIds !== undefined) {
    refuse("securityGroupIds", "Expected only with vpcId: security groups are of one VPC");
  }
  if (vpcId !== undefined && flowLogs === true) {
    refuse("flowLogs", "Expected only without vpcId: a given VPC's flow logs are its owner's");
  }
  if (vpcId === undefined && privateWorkers !== true && egress === Egress.Aws) {
    const reason = "Expected only with privateWorkers or vpcId: from a public subnet AWS is reached over the internet";
    refuse("egress", reason);
  }
  return errors;
}

/** Private workers reach AWS by endpoints alone, so their image must be in ECR. */
function privateNetworkErrors(args: BatchJobProcessorArgs): InputError[] {
  if (!isObject(args.network) || args.network.privateWorkers !== true) return [];
  const errors: InputError[] = [];
  const refuseImage = (image: unknown, propertyPath: string) => {
    const reason = typeof image === "string" && image !== "" ? privateImageProblem(image) : undefined;
    if (reason !== undefined) errors.push({ propertyPath, reason });
  };
  refuseImage(args.image, "image");
  const processors: unknown[] = Array.isArray(args.processors) ? args.processors : [];
  processors.forEach((processor, index) => {
    if (isObject(processor)) refuseImage(processor.image, `processors[${index}].image`);
  });
  return errors;
}

function authorizationErrors({ authorization, jwt }: BatchJobProcessorArgs): InputError[] {
  const errors: InputError[] = [];
  if (authorization !== undefined && jwt !== undefined) {
    const reason = `Expected only without jwt, got ${describe(authorization)} with it`;
    errors.push({ propertyPath: "authorization", reason });
  }
  if (isObject(jwt) && jwt.operators !== undefined && isObject(jwt.scopes) && jwt.scopes.operate !== undefined) {
    errors.push({ propertyPath: "jwt.operators", reason: "Expected only without jwt.scopes.operate, got both" });
  }
  return errors;
}

function concurrencyErrors(args: BatchJobProcessorArgs, half: "frontend" | "router"): InputError[] {
  const { reservedConcurrency: reserved, provisionedConcurrency: provisioned }: LambdaArgs = isObject(args[half])
    ? args[half]
    : {};
  if (reserved === undefined || provisioned === undefined || provisioned <= reserved) return [];
  const reason = `Expected at most reservedConcurrency (${reserved}), got ${provisioned}`;
  return [{ propertyPath: `${half}.provisionedConcurrency`, reason }];
}

function pathOf(path: PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) => (typeof key === "number" ? `${text}[${key}]` : text === "" ? String(key) : `${text}.${String(key)}`),
    "",
  );
}
