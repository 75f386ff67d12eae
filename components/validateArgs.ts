import * as pulumi from "@pulumi/pulumi";
import { describe, isObject } from "../contract/check";
import { argsSchema, explainIssue } from "./argsSchema";
import { BatchJobProcessorArgs } from "./BatchJobProcessorArgs";
import { maxComponentCharacters } from "./fitName";
import { usesThis } from "./handlerFindings";
import { ProcessorArgs, withDefaults } from "./ProcessorArgs";

/** Throws one error that names every problem of the inputs with its property path. */
export function validateArgs(name: string, args: BatchJobProcessorArgs): void {
  const errors = [...nameErrors(name), ...shapeErrors(args), ...relationErrors(args)];
  if (errors.length === 0) return;
  const lines = errors.map(({ propertyPath, reason }) => `  ${propertyPath}: ${reason}`);
  throw new pulumi.InputPropertiesError({
    message: `BatchJobProcessor "${name}" has ${errors.length} invalid input${errors.length === 1 ? "" : "s"}:\n${lines.join("\n")}`,
    errors,
  });
}

type InputError = pulumi.InputPropertyErrorDetails;

/** What is wrong with the component's own name, which the physical names of its resources begin with. */
function nameErrors(name: string): InputError[] {
  if (/^[A-Za-z][A-Za-z0-9-]*$/.test(name) && name.length <= maxComponentCharacters) return [];
  const what = `1–${maxComponentCharacters} letters, digits and hyphens, starting with a letter`;
  return [{ propertyPath: "name", reason: `Expected a component's name of ${what}, got ${describe(name)}` }];
}

/** What is wrong with each property by itself. */
function shapeErrors(args: BatchJobProcessorArgs): InputError[] {
  const outcome = argsSchema.safeParse(args, { error: explainIssue });
  return (outcome.error?.issues ?? []).flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => ({ propertyPath: pathOf([...issue.path, key]), reason: "Expected no such property" }))
      : [{ propertyPath: pathOf(issue.path), reason: issue.message }],
  );
}

/** What is wrong between properties. It runs even where the shape is wrong, so that all is said at once. */
function relationErrors(args: BatchJobProcessorArgs): InputError[] {
  if (!isObject(args)) return [];
  const processors: unknown[] = Array.isArray(args.processors) ? args.processors : [];
  return [
    ...processors.flatMap((processor, index) =>
      isObject(processor)
        ? processorErrors(processor as unknown as ProcessorArgs, processors.slice(0, index), `processors[${index}]`)
        : [],
    ),
    ...networkErrors(args),
    ...authorizationErrors(args),
    ...(["frontend", "router"] as const).flatMap((half) => concurrencyErrors(args, half)),
  ];
}

function processorErrors(processor: ProcessorArgs, earlier: unknown[], path: string): InputError[] {
  const errors: InputError[] = [];
  const refuse = (property: string, reason: string) => errors.push({ propertyPath: `${path}.${property}`, reason });
  const twin = earlier.findIndex((other) => isObject(other) && other.name === processor.name);
  if (processor.name !== undefined && twin >= 0) {
    refuse("name", `Expected a unique name, got ${describe(processor.name)}, which processors[${twin}] has`);
  }
  errors.push(...handlerErrors(processor, path));
  const { minInstances, maxInstances, backoffSeconds, maxBackoffSeconds } = withDefaults(processor);
  if (minInstances > maxInstances) {
    refuse("minInstances", `Expected at most maxInstances (${maxInstances}), got ${minInstances}`);
  }
  if (backoffSeconds > maxBackoffSeconds) {
    refuse("backoffSeconds", `Expected at most maxBackoffSeconds (${maxBackoffSeconds}), got ${backoffSeconds}`);
  }
  return [...errors, ...instanceTypeErrors(processor, path)];
}

/** The kinds of handler, of which a processor has exactly one. */
const kinds = ["handler", "command", "handle"] as const;

function handlerErrors(processor: ProcessorArgs, path: string): InputError[] {
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
  const { architecture } = withDefaults(processor);
  return types.flatMap((type, index) => {
    if (typeof type !== "string" || architectureOf(type) === architecture) return [];
    const reason = `Expected an instance type of architecture ${architecture}, got ${describe(type)}`;
    return [{ propertyPath: `${path}.instanceTypes[${index}]`, reason }];
  });
}

/** Graviton types have a "g" right after the generation ("Amazon EC2 instance type naming conventions"); a1 came before. */
function architectureOf(instanceType: string): string {
  return /^(a1\.|[a-z]+\d+g)/.test(instanceType) ? "arm64" : "x86_64";
}

function networkErrors(args: BatchJobProcessorArgs): InputError[] {
  if ((args.vpcId === undefined) === (args.subnetIds === undefined)) return [];
  return args.vpcId === undefined
    ? [{ propertyPath: "vpcId", reason: "Expected the VPC of subnetIds, got nothing" }]
    : [{ propertyPath: "subnetIds", reason: "Expected subnets of vpcId, got nothing" }];
}

function authorizationErrors(args: BatchJobProcessorArgs): InputError[] {
  const isJwt = args.authorization === "jwt";
  return (["jwtIssuer", "jwtAudience"] as const).flatMap((property) => {
    if (isJwt === (args[property] !== undefined)) return [];
    const reason = isJwt
      ? `Expected a value with authorization "jwt", got nothing`
      : `Expected only with authorization "jwt"`;
    return [{ propertyPath: property, reason }];
  });
}

function concurrencyErrors(args: BatchJobProcessorArgs, half: "frontend" | "router"): InputError[] {
  const reserved = args[`${half}ReservedConcurrency`];
  const provisioned = args[`${half}ProvisionedConcurrency`];
  if (reserved === undefined || provisioned === undefined || provisioned <= reserved) return [];
  const reason = `Expected at most ${half}ReservedConcurrency (${reserved}), got ${provisioned}`;
  return [{ propertyPath: `${half}ProvisionedConcurrency`, reason }];
}

function pathOf(path: PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) => (typeof key === "number" ? `${text}[${key}]` : text === "" ? String(key) : `${text}.${String(key)}`),
    "",
  );
}
