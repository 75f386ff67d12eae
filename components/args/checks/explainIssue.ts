import { type z } from "zod";
import { describe } from "../../../contract/check";

/** An error for a value that isn't what was expected. */
export function expecting(what: string) {
  return { error: (issue: { input?: unknown }) => `Expected ${what}, got ${describe(issue.input)}` };
}

/** Describes an issue by what was expected and what came. */
export const explainIssue: z.core.$ZodErrorMap = (issue) => {
  const got = `got ${describe(issue.input)}`;
  switch (issue.code) {
    case "invalid_type":
      return `Expected ${article[issue.expected] ?? issue.expected}, ${got}`;
    case "invalid_value":
      return `Expected ${issue.values.map((value) => JSON.stringify(value)).join(" or ")}, ${got}`;
    case "too_small":
      return `Expected ${unit(issue.origin)}from ${String(issue.minimum)} up, ${got}`;
    case "too_big":
      return `Expected ${unit(issue.origin)}up to ${String(issue.maximum)}, ${got}`;
    case "invalid_key":
      return issue.issues[0]?.message;
    case "invalid_union":
      return `Expected a text or an array of texts, ${got}`;
    default:
      return undefined;
  }
};

const article: Record<string, string> = {
  array: "an array",
  boolean: "true or false",
  int: "a whole number",
  number: "a number",
  object: "an object",
  record: "an object",
  string: "a text",
};

function unit(origin: string): string {
  if (origin === "string") return "a text of a length ";
  return origin === "array" ? "an array of a length " : "a number ";
}
