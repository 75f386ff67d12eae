import type * as pulumi from "@pulumi/pulumi";
import { isObject } from "../../contract/check";
import { parseSecretReference, referenceExpectation } from "../../contract/secretReference";
import { type BatchJobProcessorArgs } from "./BatchJobProcessorArgs";
import { type ProcessorArgs } from "./ProcessorArgs";

type InputError = pulumi.InputPropertyErrorDetails;
type References = Record<string, pulumi.Input<string>>;
type Inputs = Pick<BatchJobProcessorArgs, "processors" | "secrets" | "environment" | "registryCredentials" | "traces">;

/** The references of a processor's secrets by variable: the component's, and its own, which win. */
export function secretsOf(args: Pick<Inputs, "secrets">, processor: Pick<ProcessorArgs, "secrets">): References {
  return { ...args.secrets, ...processor.secrets };
}

/** All references that a processor's worker reads. */
export function workerReferences(args: Pick<Inputs, "secrets" | "traces">, processor: Pick<ProcessorArgs, "secrets">) {
  return [...Object.values(secretsOf(args, processor)), ...Object.values(args.traces?.headers ?? {})];
}

/** Problem of a reference. The message quotes the text only if it begins like an ARN: it may be the secret itself. */
export function referenceProblem(text: unknown): string | undefined {
  if (typeof text === "string" && parseSecretReference(text)) return undefined;
  return `Expected ${referenceExpectation}, got ${described(text)}`;
}

/** Problem of the reference of a registry's credentials, with the same care. */
export function credentialsProblem(text: unknown): string | undefined {
  const reference = typeof text === "string" ? parseSecretReference(text) : undefined;
  if (reference?.service === "secretsmanager" && reference.key === undefined) return undefined;
  const expectation = "the whole ARN of a Secrets Manager secret of JSON with username and password";
  return `Expected ${expectation}, got ${described(text)}`;
}

function described(text: unknown): string {
  if (typeof text !== "string") return text === undefined ? "nothing" : typeof text;
  return /^arn:[a-z-]+:[a-z0-9-]+:/.test(text) ? JSON.stringify(text) : `another text of ${text.length} characters`;
}

/** Invalid references, once all are known. */
export function referenceErrors(args: Inputs): InputError[] {
  const at = (path: string, references: References = {}) =>
    Object.entries(references).flatMap(([variable, text]) => {
      const reason = referenceProblem(text);
      return reason === undefined ? [] : [{ propertyPath: `${path}.${variable}`, reason }];
    });
  const credentials = (path: string, text?: pulumi.Input<string>) => {
    const reason = text === undefined ? undefined : credentialsProblem(text);
    return reason === undefined ? [] : [{ propertyPath: `${path}registryCredentials`, reason }];
  };
  const own = args.processors.map(({ secrets, registryCredentials }, index) => [
    ...at(`processors[${index}].secrets`, secrets),
    ...credentials(`processors[${index}].`, registryCredentials),
  ]);
  return [
    ...at("secrets", args.secrets),
    ...at("traces.headers", args.traces?.headers),
    ...credentials("", args.registryCredentials),
    ...own.flat(),
  ];
}

/** Variables that both `secrets` and `environment` have, of the component or of one of its processors. */
export function clashErrors(args: Inputs): InputError[] {
  const processors: unknown[] = Array.isArray(args.processors) ? args.processors : [];
  const shared = namesOf(args);
  return [
    ...clashes("secrets", shared.secrets, "environment", shared.environment),
    ...processors.flatMap((processor, index) => {
      const path = `processors[${index}]`;
      const own = namesOf(processor);
      return [
        ...clashes(`${path}.secrets`, own.secrets, `${path}.environment`, own.environment),
        ...clashes(`${path}.secrets`, own.secrets, "environment", shared.environment),
        ...clashes(`${path}.environment`, own.environment, "secrets", shared.secrets),
      ];
    }),
  ];
}

function clashes(path: string, names: string[], otherPath: string, otherNames: string[]): InputError[] {
  const reason = `Expected a variable that isn't in ${otherPath}, got one that is`;
  return names.filter((name) => otherNames.includes(name)).map((name) => ({ propertyPath: `${path}.${name}`, reason }));
}

function namesOf(args: unknown): { secrets: string[]; environment: string[] } {
  const { secrets, environment } = isObject(args) ? args : {};
  const keysOf = (value: unknown) => (isObject(value) ? Object.keys(value) : []);
  return { secrets: keysOf(secrets), environment: keysOf(environment) };
}

/**
 * The services from which workers read secrets. Resources can't depend on an ARN that is known only later, so such an
 * ARN stands for either service.
 */
export function secretServices(args: Partial<Inputs>): string[] {
  const references = (args.processors ?? [{}]).flatMap((processor) => workerReferences(args, processor));
  const services = references.flatMap((reference) =>
    typeof reference === "string" ? (parseSecretReference(reference)?.service ?? []) : ["secretsmanager", "ssm"],
  );
  return [...new Set(services)].sort();
}
