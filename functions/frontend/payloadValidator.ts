import { describe, type FieldProblem, isObject } from "../../contract/check";
import type { JobType } from "../../contract/jobType";
import { canonicalJson } from "../../contract/submissionText";

export const deploymentOnlyModule = true;

/** Problems that one answer shows. */
const maxProblems = 20;

interface SchemaError {
  instancePath: string;
  message?: string;
  params: Record<string, unknown>;
}

type Validator = ((payload: unknown) => boolean) & { errors?: SchemaError[] | null };

/** What is wrong with a payload, by its type's schema; the path of each problem starts with `/payload`. */
export type CheckPayload = (jobType: JobType, payload: unknown) => FieldProblem[];

/** Checks payloads by the validators that were compiled at deploy; each is loaded once. */
export function createCheckPayload(): CheckPayload {
  const loaded = new Map<string, { code: string; validate: Validator }>();

  return function checkPayload({ type, payloadValidator: code }, payload) {
    if (code === undefined) return [];
    let known = loaded.get(type);
    // A new deployment's text replaces the one before.
    if (known?.code !== code) loaded.set(type, (known = { code, validate: loadValidator(code) }));
    const { validate } = known;
    if (validate(payload)) return [];
    return (validate.errors ?? []).slice(0, maxProblems).map((error) => problemOfError(error, payload));
  };
}

/** The function in the text of a CommonJS module that ajv wrote, with the two helpers of ajv's that such a module may require. */
export function loadValidator(code: string): Validator {
  const helpers: Record<string, unknown> = {
    "ajv/dist/runtime/equal": { default: isEqual },
    "ajv/dist/runtime/ucs2length": { default: (text: string) => Array.from(text).length },
  };
  const provide = (name: string) => {
    if (!(name in helpers))
      throw new Error(`Expected a validator that needs ${Object.keys(helpers).join(" or ")}, got ${name}`);
    return helpers[name];
  };
  const validatorModule = { exports: {} };
  // The text is the deployment's own: it lies in the table of job types, which nobody else writes.
  // eslint-disable-next-line @typescript-eslint/no-implied-eval
  (new Function("module", "require", code) as (module: object, require: (name: string) => unknown) => void)(
    validatorModule,
    provide,
  );
  return validatorModule.exports as Validator;
}

function isEqual(one: unknown, other: unknown): boolean {
  return canonicalJson(one) === canonicalJson(other);
}

function problemOfError(
  { instancePath, message = "must be as the schema says", params }: SchemaError,
  payload: unknown,
) {
  const { additionalProperty, unevaluatedProperty } = params;
  const surplus = additionalProperty ?? unevaluatedProperty;
  if (typeof surplus === "string") {
    const key = surplus.replace(/~/g, "~0").replace(/\//g, "~1");
    return { path: `/payload${instancePath}/${key}`, message: "Expected no such property" };
  }
  const got = describe(valueAt(payload, instancePath));
  return { path: `/payload${instancePath}`, message: `The value ${message}, got ${got}` };
}

/** The value at a JSON pointer. */
function valueAt(root: unknown, pointer: string): unknown {
  return pointer
    .split("/")
    .slice(1)
    .map((part) => part.replace(/~1/g, "/").replace(/~0/g, "~"))
    .reduce<unknown>((value, key) => {
      if (Array.isArray(value)) return (value as unknown[])[Number(key)];
      return isObject(value) ? value[key] : undefined;
    }, root);
}
