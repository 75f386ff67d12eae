import { Ajv, type Options } from "ajv";
import { Ajv2020 } from "ajv/dist/2020";
import { createSchemaCheck, refersToItself } from "../../../contract/schema/schemaCheck";

/** UTF-16 code units of a schema: it is in the type's item, which DynamoDB limits to 400 KB. */
const maxCharacters = 100_000;

const options: Options = {
  // A misspelt keyword would check nothing.
  strict: true,
  strictTypes: false,
  strictTuples: false,
  strictRequired: false,
  // `format` only annotates, which is what draft 2020-12 says.
  validateFormats: false,
  logger: false,
};

const judged = new WeakMap<object, { problem: string | undefined }>();

/**
 * Problem of a JSON Schema of draft 2020-12 or, by its `$schema`, draft-07; undefined if it is valid. ajv only checks
 * the schema. Payloads are checked by {@link createSchemaCheck}, which evaluates no text as code.
 */
export function schemaProblem(schema: Record<string, unknown>): string | undefined {
  let known = judged.get(schema);
  if (!known) judged.set(schema, (known = { problem: judge(schema) }));
  return known.problem;
}

function judge(schema: Record<string, unknown>): string | undefined {
  try {
    const { $schema: draft } = schema;
    const isDraft07 = typeof draft === "string" && /^https?:\/\/json-schema\.org\/draft-07\/schema#?$/.test(draft);
    const ajv = isDraft07 ? new Ajv(options) : new Ajv2020(options);
    ajv.compile(schema);
    const text = JSON.stringify(schema);
    if (text.length > maxCharacters) {
      return `Expected a schema of up to ${maxCharacters} characters, got ${text.length}`;
    }
    // As the front end reads it. A schema that refers to itself for the same value never ends, for any value.
    const [problem] = createSchemaCheck(JSON.parse(text) as Record<string, unknown>, runAtOnce)(null);
    return problem?.message === refersToItself ? problem.message : undefined;
  } catch (error) {
    return `Expected a JSON Schema of draft 2020-12 or draft-07, got one that is none: ${(error as Error).message}`;
  }
}

function runAtOnce(_milliseconds: number, task: () => void): boolean {
  task();
  return true;
}
