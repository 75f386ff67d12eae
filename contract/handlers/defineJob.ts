import { type FieldProblem } from "../check";
import { createSchemaCheck } from "../schema/schemaCheck";
import { type Job, type JobContext } from "./handler";

export { type Job, type JobContext, type JobLogger } from "./handler";

/**
 * A schema that knows its types: of zod, from 4.2 on, of ArkType, or of any other library with Standard Schema and
 * Standard JSON Schema.
 */
export interface TypedSchema<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly vendor: string;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
    readonly validate: (value: unknown) => Validated<Output> | Promise<Validated<Output>>;
    readonly jsonSchema: Record<"input" | "output", (options: JsonSchemaOptions) => Record<string, unknown>>;
  };
}

interface JsonSchemaOptions {
  readonly target: "draft-2020-12";
  readonly libraryOptions?: Record<string, unknown>;
}

type Validated<Output> =
  { readonly value: Output; readonly issues?: undefined } | { readonly issues: readonly ValidationIssue[] };

interface ValidationIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** A JSON Schema as data, of draft 2020-12 or draft-07: it knows no types, so the handler's parameter says them. */
export type JsonSchema = Record<string, unknown>;

/** Settings of a processor that a job's file may make; the program's own come first. */
export interface JobOptions {
  /** Description for people, in `GET /types`. */
  description?: string;
  /** Longest duration of one attempt. */
  timeoutSeconds?: number;
  /** Attempts before a job is dead-lettered. */
  maxAttempts?: number;
  /** Seconds before the second attempt. */
  backoffSeconds?: number;
  /** Memory of each job, in MB. */
  memoryMegabytes?: number;
}

/** Definition of a job type. */
export interface JobDefinition<Name extends string, Input, Payload, Schema, Returned> extends JobOptions {
  /** Name of the job type, if the file is to say it: that of its processor. */
  name?: Name;
  /**
   * Schema of the payload. The API refuses with 422 what doesn't fit it as JSON Schema. The worker checks each payload
   * again, by all of the schema: refinements too, and the handler gets what transforms and defaults make of it.
   *
   * @default - any payload
   */
  payload?: TypedSchema<Input, Payload> | JsonSchema;
  /**
   * Schema of the result: one that doesn't fit it fails the job for good. Its output is what the job's result is.
   *
   * @default - any result
   */
  result?: Schema;
  /** Runs one job. */
  handle(job: Job<Payload>, context: JobContext): Promise<Returned> | Returned;
}

/** A job type in a file of its own, as its default export: a processor's `handler` names the file. */
export interface DefinedJob<Name extends string = string, Input = unknown, Payload = Input, Result = unknown> {
  readonly name?: Name;
  handle(this: void, job: Job<Payload>, context: JobContext): Promise<Result>;
  /** Types of what a client submits and gets; there is no such value. */
  readonly "~types"?: { readonly name: Name; readonly payload: Input; readonly result: Result };
}

/** Property of a defined job's `handle` that holds its definition. */
export const definitionKey = Symbol.for("batch-job-processor.job");

/** A definition, and the place at which it was made, as the stack of an error. */
export interface PlacedDefinition {
  definition: JobDefinition<string, unknown, unknown, TypedSchema | JsonSchema, unknown>;
  place: Error;
}

/** Defines a job type by its handler and the schemas of its payload and result, as the default export of a file. */
export function defineJob<Payload, Accepted, Result, Input = Payload, const Name extends string = string>(
  definition: JobDefinition<Name, Input, Payload, TypedSchema<Accepted, Result>, Accepted> & {
    result: TypedSchema<Accepted, Result>;
  },
): DefinedJob<Name, Input, Payload, Result>;
export function defineJob<Payload, Returned, Input = Payload, const Name extends string = string>(
  definition: JobDefinition<Name, Input, Payload, JsonSchema, Returned>,
): DefinedJob<Name, Input, Payload, Returned>;
export function defineJob(
  definition: JobDefinition<string, unknown, unknown, TypedSchema | JsonSchema, unknown>,
): DefinedJob {
  const { name } = definition;
  const place = new Error();
  Error.captureStackTrace(place, defineJob);
  const checkPayload = checkOf(definition.payload, "payload");
  const checkResult = checkOf(definition.result, "result");
  const handle = async (job: Job, context: JobContext) => {
    const payload = await checkPayload(job.payload);
    return checkResult(await definition.handle({ ...job, payload }, context));
  };
  return { name, handle: Object.assign(handle, { [definitionKey]: { definition, place } }) };
}

/** Problems that an error names. */
const maxProblems = 20;

/** Returns the check of a value, which gives what the schema makes of it, or fails the job for good. */
function checkOf(schema: unknown, what: "payload" | "result"): (value: unknown) => unknown {
  if (schema === undefined) return (value) => value;
  const { "~standard": standard } = Object(schema) as Partial<TypedSchema>;
  let check: ((value: unknown) => FieldProblem[]) | undefined;
  return async function checked(value) {
    if (standard) {
      const validated = await standard.validate(value);
      if (validated.issues === undefined) return validated.value;
      throw misfit(
        what,
        validated.issues.map(({ path, message }) => ({ path: pointerOf(path), message })),
      );
    }
    check ??= createSchemaCheck(schema as JsonSchema, (_milliseconds, task) => (task(), true));
    const problems = check(value).map(({ path, message }) => ({ path: path.replace("/payload", ""), message }));
    if (problems.length === 0) return value;
    throw misfit(what, problems);
  };
}

function misfit(what: "payload" | "result", problems: FieldProblem[]): Error {
  const list = problems.slice(0, maxProblems).map(({ path, message }) => `/${what}${path}: ${message}`);
  const error = new Error(`The ${what} doesn't fit the job's schema: ${list.join("; ")}`);
  return Object.assign(error, { name: what === "payload" ? "PayloadError" : "ResultError", permanent: true });
}

function pointerOf(path: ValidationIssue["path"] = []): string {
  const keys = path.map((part) => String(typeof part === "object" ? part.key : part));
  return keys.map((key) => `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
