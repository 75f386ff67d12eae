import type { FieldProblem } from "../../contract/check";
import { limits } from "../../contract/limits";

/** Problems shown in one error. */
const maxProblems = 20;

/**
 * Parts of a payload that JSON would silently drop or change, by path: such a payload is not sent. JSON holds null,
 * true and false, finite numbers, strings, arrays, and plain objects of these; -0 arrives as 0.
 */
export function payloadProblems(payload: unknown): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const around = new Set<object>();

  function visit(value: unknown, path: string): void {
    if (problems.length >= maxProblems) return;
    const refuse = (expected: string, got: string) =>
      void problems.push({ path, message: `Expected ${expected}, got ${got}` });
    switch (typeof value) {
      case "string":
      case "boolean":
        return;
      case "number":
        return Number.isFinite(value) ? undefined : refuse("a finite number", String(value));
      case "bigint":
        return refuse("what JSON holds (a large number as a text)", `a BigInt, ${value.toString().slice(0, 60)}n`);
      case "object":
        break;
      case "undefined":
        return refuse("what JSON holds (leave the property out, or write null)", "undefined");
      default:
        return refuse("what JSON holds", `a ${typeof value}`);
    }
    if (value === null) return;
    if (around.has(value)) return refuse("what JSON holds", "an object that lies within itself");
    // The API refuses the payload for that.
    if (around.size > limits.maxPayloadDepth) return;
    around.add(value);
    if (Array.isArray(value)) visitArray(value, path);
    else if (isPlain(value)) visitObject(value as Record<string, unknown>, path);
    else refuse("a plain object, or another value that JSON holds", whatItIs(value));
    around.delete(value);
  }

  function visitArray(array: unknown[], path: string): void {
    // Not `forEach`, which skips holes.
    for (let index = 0; index < array.length; index++) visit(array[index], `${path}/${index}`);
    const names = Object.keys(array).filter((key) => !/^\d+$/.test(key));
    if (names.length === 0) return;
    const message = `Expected an array of items alone, got one with the property ${JSON.stringify(names[0])}`;
    problems.push({ path, message });
  }

  function visitObject(object: Record<string, unknown>, path: string): void {
    for (const symbol of Object.getOwnPropertySymbols(object)) {
      problems.push({ path, message: `Expected names that are texts, got ${String(symbol)}` });
    }
    for (const [key, value] of Object.entries(object)) {
      visit(value, `${path}/${key.replace(/~/g, "~0").replace(/\//g, "~1")}`);
    }
  }

  visit(payload, "/payload");
  return problems.slice(0, maxProblems);
}

/** True for `{}`, for an object without prototype, and for those of other realms, which tests have. */
function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Describes an object that isn't plain, and what to send in its place. */
function whatItIs(value: object): string {
  const name = (value.constructor as { name?: string } | undefined)?.name || "no plain object";
  if (value instanceof Date) return "a Date: send its toISOString()";
  if (value instanceof Map) return "a Map: send Object.fromEntries(map) or its entries";
  if (value instanceof Set) return "a Set: send an array of it";
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `a ${name}: send its bytes as base64`;
  return `an instance of ${name}`;
}
