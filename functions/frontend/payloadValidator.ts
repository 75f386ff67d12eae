import type { FieldProblem } from "../../contract/check";
import type { JobType } from "../../contract/jobType";
import type { RunWithin, SchemaCheck } from "../../contract/schema/schemaCheck";
import { createSchemaCheck } from "../../contract/schema/schemaCheck";

/**
 * Returns the problems of a payload, by its type's schema; the path of each problem starts with `/payload`. What takes
 * too long to check is a problem as well, unless the payload is a large one, which the worker checks again.
 */
export type CheckPayload = (jobType: JobType, payload: unknown, isLarge?: boolean) => FieldProblem[];

/** Checks payloads by the schemas in the table of job types; compiles each schema once. */
export function createCheckPayload(runWithin: RunWithin): CheckPayload {
  const ready = new Map<string, { schema: object; check: SchemaCheck }>();

  return function checkPayload({ type, payloadSchema: schema }, payload, isLarge) {
    if (schema === undefined) return [];
    let known = ready.get(type);
    // A new deployment's schema replaces the old one.
    if (known?.schema !== schema) ready.set(type, (known = { schema, check: createSchemaCheck(schema, runWithin) }));
    return known.check(payload, isLarge ? [] : undefined);
  };
}
