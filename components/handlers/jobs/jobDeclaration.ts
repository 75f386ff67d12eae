import { fileURLToPath } from "node:url";
import { describe, isObject } from "../../../contract/check";
import {
  definitionKey,
  type JobOptions,
  type PlacedDefinition,
  type TypedSchema,
} from "../../../contract/handlers/defineJob";
import { sourceScheme } from "../../../contract/handlers/handlerBundle";

/** A definition by `defineJob`, as data. */
export interface JobDeclaration {
  /** File and line of the definition. */
  place: string;
  name?: string;
  /** JSON Schema of what a client submits. */
  payloadSchema?: Record<string, unknown>;
  /** JSON Schema of what a client gets. */
  resultSchema?: Record<string, unknown>;
  options: JobOptions;
  problems: string[];
}

/** Options of a definition that are a processor's. */
const jobOptions: (keyof JobOptions)[] = [
  "description",
  "timeoutSeconds",
  "maxAttempts",
  "backoffSeconds",
  "memoryMegabytes",
];

/** The definition of a job, or of its `handle`; undefined if `defineJob` didn't make it. */
export function definitionOf(job: unknown): PlacedDefinition | undefined {
  const { handle = job } = Object(job) as { handle?: unknown };
  return (Object(handle) as Partial<Record<symbol, PlacedDefinition>>)[definitionKey];
}

/** Describes a job as data; undefined if `defineJob` didn't make it. */
export function declarationOf(job: unknown): JobDeclaration | undefined {
  const found = definitionOf(job);
  if (!found) return undefined;
  const { definition, place } = found;
  const problems: string[] = [];
  const known: string[] = ["name", "payload", "result", "handle", ...jobOptions];
  const unknown = Object.keys(definition).filter((key) => !known.includes(key));
  if (unknown.length > 0) {
    const got = `${unknown.join(", ")}: the processor takes all other inputs`;
    problems.push(`Expected ${known.join(", ")} in defineJob, got ${got}`);
  }
  const { handle } = definition as { handle?: unknown };
  if (typeof handle !== "function") problems.push(`Expected \`handle\` as a function, got ${describe(handle)}`);
  return {
    place: placeOf(place.stack)?.join(":") ?? "defineJob",
    name: definition.name,
    payloadSchema: jsonSchemaOf(definition.payload, "payload", problems),
    resultSchema: jsonSchemaOf(definition.result, "result", problems),
    options: Object.fromEntries(Object.entries(definition).filter(([key]) => jobOptions.some((each) => each === key))),
    problems,
  };
}

/** File and line of a stack's first frame, or of the first one in the program's own files if it comes from a bundle. */
export function placeOf(stack = ""): [file: string, line: string] | undefined {
  const own = stack.split("\n").filter((line) => line.includes(sourceScheme) && !line.includes("node_modules/"));
  const [, file, line] = /^\s+at (?:async )?(?:[^/()]*? \()?(.+?):(\d+):\d+\)?$/m.exec(own[0] ?? stack) ?? [];
  if (!file || !line) return undefined;
  return [file.startsWith("file://") ? fileURLToPath(file) : file.replace(sourceScheme, ""), line];
}

/** The JSON Schema of a payload as it is submitted, or of a result as it is kept. */
function jsonSchemaOf(
  schema: PlacedDefinition["definition"]["payload"],
  what: "payload" | "result",
  problems: string[],
): Record<string, unknown> | undefined {
  if (schema === undefined) return undefined;
  const { "~standard": standard } = Object(schema) as Partial<TypedSchema>;
  if (standard === undefined) {
    if (isObject(schema)) return schema;
    problems.push(`Expected \`${what}\` as a schema of zod or as a JSON Schema, got ${describe(schema)}`);
    return undefined;
  }
  if (standard.jsonSchema === undefined) {
    const reason = "zod's have it from 4.2 on, zod/mini's don't; any other can stand as a JSON Schema";
    problems.push(
      `Expected \`${what}\` as a schema that gives its own JSON Schema, got one of ${standard.vendor}: ${reason}`,
    );
    return undefined;
  }
  const refuse = (path: PropertyKey[], message: string) => {
    const place = path.length > 0 ? ` at ${path.map(String).join(".")}` : "";
    problems.push(`Expected \`${what}\` as a schema of JSON, got one that is none${place}: ${message}`);
  };
  try {
    return standard.jsonSchema[what === "payload" ? "input" : "output"]({
      target: "draft-2020-12",
      libraryOptions: { unrepresentable: (part: Unrepresentable) => (refuse(part.path, part.message), "any") },
    });
  } catch (error) {
    refuse([], (error as Error).message);
    return undefined;
  }
}

/** A part of a zod schema that JSON Schema can't express. */
interface Unrepresentable {
  path: PropertyKey[];
  message: string;
}
