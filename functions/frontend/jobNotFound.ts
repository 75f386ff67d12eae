import { describe } from "../../contract/check";
import { type ProblemDocument, problemOf } from "../../contract/http/problem";

/** The problem of an id that no job has. */
export function jobNotFound(id: string): ProblemDocument {
  return problemOf("job-not-found", `Expected the id of a job whose record is there, got ${describe(id)}`);
}

/** The problem of a job whose payload is not kept. */
export function notKept(id: string): ProblemDocument {
  const hint =
    "submit it again under another id; if its dead letter is there, `dead-letters redrive --direct` sends it back";
  return problemOf("payload-not-kept", `The payload of job ${id} is not kept: ${hint}`);
}
