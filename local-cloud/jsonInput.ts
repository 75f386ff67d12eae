import { isObject } from "../contract/check";
import { Refused } from "./wire/refusal";

/** More than AWS takes anywhere: DynamoDB's items, two levels of JSON for one of theirs, may be 32 levels deep. */
const maxDepth = 100;

/**
 * The input of a call whose protocol is JSON.
 *
 * @throws Refused if it is no object, or nested too deep
 */
export function inputOf(body: Buffer): Record<string, unknown> {
  if (body.length === 0) return {};
  let input: unknown;
  try {
    input = JSON.parse(body.toString());
  } catch (error) {
    throw new Refused((error as Error).message, "SerializationException");
  }
  if (!isObject(input)) {
    const got = input === null ? "null" : Array.isArray(input) ? "an array" : `a ${typeof input}`;
    throw new Refused(`Expected a JSON object as input, got ${got}`, "SerializationException");
  }
  if (isDeeper(input, maxDepth)) {
    throw new Refused(`Expected at most ${maxDepth} levels of nesting`, "ValidationException");
  }
  return input;
}

function isDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (depth === 0) return true;
  for (const each of Object.values(value)) if (isDeeper(each, depth - 1)) return true;
  return false;
}
