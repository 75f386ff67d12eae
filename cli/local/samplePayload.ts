import { isObject } from "../../contract/check";
import { createSchemaCheck } from "../../contract/schema/schemaCheck";

/** A payload that fits the JSON Schema; undefined if no simple one does. */
export function samplePayload(schema: unknown): unknown {
  if (!isObject(schema)) return { text: "to be or not to be" };
  const payload = sampleOf(schema);
  const check = createSchemaCheck(schema, (_milliseconds, task) => (task(), true));
  return check(payload).length === 0 ? payload : undefined;
}

function sampleOf(schema: unknown): unknown {
  if (!isObject(schema)) return {};
  const { examples, enum: values, anyOf, oneOf, minLength = 0, minimum = 1, minItems = 0 } = schema;
  for (const name of ["default", "const"]) if (name in schema) return schema[name];
  for (const list of [examples, values]) if (Array.isArray(list) && list.length > 0) return list[0];
  for (const list of [anyOf, oneOf]) if (Array.isArray(list)) return sampleOf(list[0]);
  const type: unknown = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (type === "string") return "text".padEnd(Number(minLength), "-");
  if (type === "number" || type === "integer") return minimum;
  if (type === "boolean") return true;
  if (type === "null") return null;
  if (type === "array") return Array.from({ length: Number(minItems) }, () => sampleOf(schema.items));
  return sampleObject(schema);
}

function sampleObject({ properties, required }: Record<string, unknown>): Record<string, unknown> {
  const schemas = isObject(properties) ? properties : {};
  const names = Array.isArray(required) ? required.map(String) : [];
  return Object.fromEntries(names.map((name) => [name, sampleOf(schemas[name])]));
}
