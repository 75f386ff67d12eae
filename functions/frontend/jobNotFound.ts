import { describe } from "../../contract/check";
import { type ProblemDocument, problemOf } from "../../contract/http/problem";

/** The problem of an id that no job has. */
export function jobNotFound(id: string): ProblemDocument {
  return problemOf("job-not-found", `Expected the id of a job whose record is there, got ${describe(id)}`);
}
