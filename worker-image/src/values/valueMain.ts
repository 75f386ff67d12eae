import { readFileSync, writeSync } from "node:fs";
import { depthOf, type FieldProblem } from "../../../contract/check";
import { findJsonLosses } from "../../../contract/http/jsonLosses";
import { limits } from "../../../contract/limits";
import { createSchemaCheck } from "../../../contract/schema/schemaCheck";
import { maxResultDepth } from "../handlers/encodeResult";

/** The process can be killed at any time, so only a very large count bounds the steps. */
const checkLimits = { steps: 1e9, milliseconds: Infinity };

/**
 * Entry of a process that checks the JSON of a file, a payload or a result, by the schema on its standard input. It
 * prints the problems.
 */
const [, , file, what] = process.argv;
const maxDepth = what === "result" ? maxResultDepth : limits.maxPayloadDepth;
const schema = JSON.parse(readFileSync(0, "utf8")) as Record<string, unknown> | null;
writeSync(1, JSON.stringify(problemsIn(file!)));

function problemsIn(file: string): FieldProblem[] {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(file));
    const value = JSON.parse(text) as unknown;
    const losses = findJsonLosses(text).map(({ path, message }) => ({ path: `/${what}${path}`, message }));
    if (losses.length > 0) return losses;
    if (depthOf(value, maxDepth) > maxDepth) {
      return [{ path: `/${what}`, message: `Expected at most ${maxDepth} levels of nesting, got more` }];
    }
    if (schema === null) return [];
    return createSchemaCheck(schema, (_milliseconds, task) => (task(), true), checkLimits)(value);
  } catch (error) {
    return [{ path: `/${what}`, message: `Expected JSON in UTF-8: ${(error as Error).message}` }];
  }
}
