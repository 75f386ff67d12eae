import type { MakeRules, Rule, SchemaObject } from "./rule";
import { shortened } from "./run";
import { createTextOf } from "./sameness";

/** Rules of `type`, `enum` and `const`. */
export const makeValueRules: MakeRules<unknown> = (schema) => {
  const rules: Rule[] = [];
  if (schema.type !== undefined) rules.push(typeRule(schema));
  if (Array.isArray(schema.enum)) rules.push(enumRule(schema.enum as unknown[]));
  if (schema.const !== undefined) rules.push(enumRule([schema.const]));
  return rules;
};

function typeRule({ type, nullable }: SchemaObject): Rule {
  const types = new Set(Array.isArray(type) ? (type as string[]) : [type as string]);
  if (nullable === true) types.add("null");
  const message = `must be ${[...types].join(" or ")}`;
  const { isArray } = Array;
  return (value, run) => {
    const kind = value === null ? "null" : isArray(value) ? "array" : typeof value;
    if (types.has(kind) || (kind === "number" && types.has("integer") && (value as number) % 1 === 0)) return true;
    return run.fail(message, value);
  };
}

function enumRule(values: unknown[]): Rule {
  const textOf = createTextOf();
  const isContainer = (value: unknown): value is object => typeof value === "object" && value !== null;
  const plain = new Set(values.filter((value) => !isContainer(value)));
  const containers = values.filter(isContainer);
  let texts: Set<string> | undefined;
  const message = `must be ${values.length > 1 ? "one of " : ""}${listed(values)}`;
  return (value, run) => {
    if (typeof value !== "object" || value === null) return plain.has(value) || run.fail(message, value);
    if (containers.length === 0) return run.fail(message, value);
    texts ??= new Set(containers.map((container) => textOf(container, run)));
    return texts.has(textOf(value, run)) || run.fail(message, value);
  };
}

/** The first of some values of JSON, for people. */
function listed(values: unknown[]): string {
  const texts = values.slice(0, 10).map((value) => shortened(JSON.stringify(value), 60));
  const more = values.length - texts.length;
  return more > 0 ? `${texts.join(", ")} or ${more} more` : texts.join(", ");
}
