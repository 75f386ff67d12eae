/** One thing wrong with one field of an input. */
export interface FieldProblem {
  /** JSON pointer to the field; empty for the whole document. */
  path: string;
  /** "Expected X, got Y". */
  message: string;
  /** Set if the API answers with a status of its own. */
  code?: "payload-too-large";
}

/** The outcome of checking an input: the value, or all of its problems. */
export type Checked<T> = { ok: true; value: T } | { ok: false; problems: FieldProblem[] };

/** Describes a value for the "got" half of a message, quoting only a few characters of it. */
export function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "object") return "an object";
  if (typeof value === "string") {
    return value.length > 60
      ? `${JSON.stringify(value.slice(0, 60))}… (${value.length} characters)`
      : JSON.stringify(value);
  }
  return `${typeof value} ${value as number | boolean}`;
}

/** True if the value is a JSON object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Nesting depth of objects and arrays; stops counting one past `limit`. Never recurses. */
export function depthOf(value: unknown, limit: number): number {
  let level: unknown[] = [value];
  for (let depth = 0; ; depth++) {
    const containers = level.filter((item): item is object => typeof item === "object" && item !== null);
    if (containers.length === 0 || depth > limit) return depth;
    level = containers.flatMap((container) => Object.values(container as Record<string, unknown>));
  }
}

/** True if a number in the value is beyond JSON: JSON reads 1e999 as infinity, and writes that as null. */
export function holdsInfinity(value: unknown): boolean {
  const rest: unknown[] = [value];
  while (rest.length > 0) {
    const item = rest.pop();
    if (typeof item === "number" && !Number.isFinite(item)) return true;
    if (typeof item === "object" && item !== null) {
      for (const inner of Object.values(item as Record<string, unknown>)) rest.push(inner);
    }
  }
  return false;
}

/** UTF-8 bytes of a text. */
export function bytesOf(text: string): number {
  return Buffer.byteLength(text, "utf8");
}

/** A JSON value as text that SNS and SQS take: they refuse U+FFFE and U+FFFF, which JSON.stringify keeps. */
export function encodeJson(value: unknown): string {
  return JSON.stringify(value).replace(/[\ufffe\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16)}`);
}

/** A JSON value as text; undefined if it is nested so deep that writing it overflows the stack. */
export function encodeWithinStack(value: unknown): string | undefined {
  try {
    return encodeJson(value);
  } catch {
    return undefined;
  }
}

/** The value of a JSON text; undefined if it is none. */
export function jsonOf(text: string | undefined): unknown {
  try {
    return JSON.parse(text!) as unknown;
  } catch {
    return undefined;
  }
}

/** The object of a JSON text; undefined if it is none. */
export function jsonObjectOf(text: string): Record<string, unknown> | undefined {
  const value = jsonOf(text);
  return isObject(value) ? value : undefined;
}
