import type { Run } from "./run";

/**
 * Makes the function that returns a JSON value's text with every object's keys in order: equal values have equal texts.
 * It contains all that it calls, since it is called for each value of a payload (see `Rule`).
 */
export function createTextOf(): (value: unknown, run: Run) => string {
  const { isArray } = Array;
  const { keys } = Object;
  const { stringify } = JSON;
  return function textOf(value, run): string {
    run.spend(typeof value === "string" ? 1 + (value.length >> 5) : 1);
    if (typeof value !== "object" || value === null) return stringify(value);
    let text = "";
    if (isArray(value)) {
      for (const item of value as unknown[]) text += `${textOf(item, run)},`;
      return `[${text}]`;
    }
    const fields = value as Record<string, unknown>;
    for (const key of keys(fields).sort()) text += `${stringify(key)}:${textOf(fields[key], run)},`;
    return `{${text}}`;
  };
}
