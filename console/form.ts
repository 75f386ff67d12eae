import { Trouble } from "./api/trouble";

/** A field of a form that a schema makes. */
export interface Field {
  /** Path of the value within the payload. */
  path: string[];
  label: string;
  hint: string;
  isRequired: boolean;
  kind: "text" | "number" | "integer" | "choice" | "list";
  /** Values of a choice. */
  choices?: unknown[];
  /** Kind of a list's items. */
  items?: "text" | "number" | "integer";
  initial: string;
}

type Schema = Record<string, unknown>;

/** Keywords that a form shows, or leaves to the API's check of each value. */
const shown = new Set([
  ...["type", "properties", "required", "additionalProperties", "title", "description", "default", "examples", "enum"],
  ...["const", "format", "minLength", "maxLength", "pattern", "minimum", "maximum", "exclusiveMinimum", "items"],
  ...["exclusiveMaximum", "multipleOf", "minItems", "maxItems", "uniqueItems", "$schema", "$id", "$comment"],
]);

/** The fields of a payload's schema; undefined if it is beyond what a form shows: then JSON text serves. */
export function fieldsOf(schema: unknown): Field[] | undefined {
  const fields = isSchema(schema) && schema.type === "object" ? objectFields(schema, []) : undefined;
  return fields && fields.length > 0 ? fields : undefined;
}

function objectFields(schema: Schema, path: string[], isNeeded = true): Field[] | undefined {
  const { properties, required, additionalProperties } = schema;
  if (!isSchema(properties) || !isShown(schema) || isSchema(additionalProperties)) return undefined;
  const names = Array.isArray(required) ? required : [];
  const fields: Field[] = [];
  for (const [name, each] of Object.entries(properties)) {
    if (!isSchema(each) || !isShown(each)) return undefined;
    const isRequired = isNeeded && names.includes(name);
    const found =
      each.type === "object"
        ? objectFields(each, [...path, name], isRequired)
        : oneField(each, [...path, name], isRequired);
    if (!found) return undefined;
    fields.push(...found);
  }
  return fields;
}

function oneField(schema: Schema, path: string[], isRequired: boolean): Field[] | undefined {
  const { title, description, enum: choices, items } = schema;
  const label = typeof title === "string" ? title : path.join(" › ");
  const initial = "default" in schema ? textOf(schema.default) : "";
  const field = { path, label, hint: typeof description === "string" ? description : "", isRequired, initial };
  if ("const" in schema) return [{ ...field, kind: "choice", choices: [schema.const] }];
  if (Array.isArray(choices)) return [{ ...field, kind: "choice", choices }];
  if (schema.type === "boolean") return [{ ...field, kind: "choice", choices: [true, false] }];
  const kind = kindOf(schema.type);
  if (kind) return [{ ...field, kind }];
  const itemKind = isSchema(items) && isShown(items) && !("enum" in items) ? kindOf(items.type) : undefined;
  return schema.type === "array" && itemKind ? [{ ...field, kind: "list", items: itemKind }] : undefined;
}

function kindOf(type: unknown): "text" | "number" | "integer" | undefined {
  return type === "string" ? "text" : type === "number" || type === "integer" ? type : undefined;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isShown(schema: Schema): boolean {
  return Object.keys(schema).every((keyword) => shown.has(keyword));
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join("\n");
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** @throws Trouble if the text is not JSON */
export function parsePayload(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Trouble("problem", `The payload is not JSON: ${(error as Error).message}`);
  }
}

/** A payload, or what is wrong with the texts, by their fields' places. */
export type Filled = { payload: Record<string, unknown> } | { problems: Map<number, string> };

/** The payload of what was typed into the fields. Empty fields that aren't required are left out. */
export function payloadOf(fields: readonly Field[], texts: readonly string[]): Filled {
  const payload: Record<string, unknown> = {};
  const problems = new Map<number, string>();
  fields.forEach((field, place) => {
    const text = texts[place] ?? "";
    if (text === "" && !(field.isRequired && (field.kind === "text" || field.kind === "list"))) {
      if (field.isRequired) problems.set(place, "Expected a value");
      return;
    }
    const value = valueOf(field, text);
    if (value === undefined) problems.set(place, `Expected ${wanted(field)}, got ${JSON.stringify(text)}`);
    else set(payload, field.path, value);
  });
  return problems.size > 0 ? { problems } : { payload };
}

function wanted({ kind, items }: Field): string {
  const each = items ?? kind;
  const what = each === "integer" ? "whole number" : "number";
  return kind === "list" ? `one ${what} a line` : `a ${what}`;
}

function valueOf({ kind, choices = [], items }: Field, text: string): unknown {
  if (kind === "choice") return choices.find((choice) => textOf(choice) === text);
  if (kind === "list") {
    const values = text.split("\n").flatMap((line) => (line === "" ? [] : [scalarOf(items ?? "text", line)]));
    return values.includes(undefined) ? undefined : values;
  }
  return scalarOf(kind, text);
}

function scalarOf(kind: Field["kind"], text: string): unknown {
  if (kind === "text") return text;
  const number = text.trim() === "" ? NaN : Number(text);
  return Number.isFinite(number) && (kind !== "integer" || Number.isInteger(number)) ? number : undefined;
}

function set(target: Record<string, unknown>, [name = "", ...rest]: string[], value: unknown): void {
  const hasOwn = Object.hasOwn(target, name);
  const own = rest.length === 0 ? value : hasOwn ? target[name] : {};
  // Assigning to __proto__ would set no property.
  if (!hasOwn || rest.length === 0) {
    Object.defineProperty(target, name, { value: own, enumerable: true, writable: true, configurable: true });
  }
  if (rest.length > 0) set(own as Record<string, unknown>, rest, value);
}

/** The texts with which a form begins: those of the payload, if it has any. */
export function textsOf(fields: readonly Field[], payload?: unknown): string[] {
  return fields.map(({ path, initial }) => {
    const value = path.reduce<unknown>((within, name) => (isSchema(within) ? within[name] : undefined), payload);
    return value === undefined ? initial : textOf(value);
  });
}
