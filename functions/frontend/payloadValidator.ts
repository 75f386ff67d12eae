import type { FieldProblem } from "../../contract/check";
import type { JobType } from "../../contract/jobType";
import type { RunWithin, SchemaCheck } from "../../contract/schema/schemaCheck";
import { createSchemaCheck } from "../../contract/schema/schemaCheck";

/** What is wrong with a payload, by its type's schema; the path of each problem starts with `/payload`. */
export type CheckPayload = (jobType: JobType, payload: unknown) => FieldProblem[];

/** Checks payloads by the schemas that the table of job types holds as data; each is made ready once. */
export function createCheckPayload(runWithin: RunWithin): CheckPayload {
  const ready = new Map<string, { schema: object; check: SchemaCheck }>();

  return function checkPayload({ type, payloadSchema: schema }, payload) {
    if (schema === undefined) return [];
    let known = ready.get(type);
    // What a new deployment wrote replaces the one before.
    if (known?.schema !== schema) ready.set(type, (known = { schema, check: createSchemaCheck(schema, runWithin) }));
    return known.check(payload);
  };
}
