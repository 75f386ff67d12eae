import { Ajv, type Options } from "ajv";
import { Ajv2020 } from "ajv/dist/2020";
import standaloneCode from "ajv/dist/standalone";
import { loadValidator } from "../functions/frontend/payloadValidator";

/** A schema's validator as the text of a module, or what is wrong with the schema. */
export type CompiledSchema = { code: string } | { problem: string };

/** UTF-16 code units of schema and validator together: both are in the type's item, which DynamoDB limits to 400 KB. */
const maxCharacters = 100_000;

const options: Options = {
  code: { source: true },
  allErrors: true,
  // A misspelt keyword would check nothing.
  strict: true,
  strictTypes: false,
  strictTuples: false,
  strictRequired: false,
  // `format` only annotates, which is what draft 2020-12 says.
  validateFormats: false,
  ownProperties: true,
  logger: false,
};

const compiled = new WeakMap<object, CompiledSchema>();

/** Compiles a JSON Schema of draft 2020-12 or, where its `$schema` says so, draft-07. */
export function compileSchema(schema: Record<string, unknown>): CompiledSchema {
  let outcome = compiled.get(schema);
  if (!outcome) compiled.set(schema, (outcome = compile(schema)));
  return outcome;
}

function compile(schema: Record<string, unknown>): CompiledSchema {
  try {
    const { $schema: draft } = schema;
    const isDraft07 = typeof draft === "string" && /^https?:\/\/json-schema\.org\/draft-07\/schema#?$/.test(draft);
    const ajv = isDraft07 ? new Ajv(options) : new Ajv2020(options);
    const code = standaloneCode(ajv, ajv.compile(schema));
    // Whatever it needs must be there in the front end too.
    loadValidator(code)(null);
    const characters = code.length + JSON.stringify(schema).length;
    if (characters <= maxCharacters) return { code };
    return { problem: `Expected a schema of up to ${maxCharacters} characters once compiled, got ${characters}` };
  } catch (error) {
    return {
      problem: `Expected a JSON Schema of draft 2020-12 or draft-07, got one that is none: ${(error as Error).message}`,
    };
  }
}
