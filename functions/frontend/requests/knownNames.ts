import { describe, type FieldProblem } from "../../../contract/check";
import { nearestName } from "../../../contract/http/nearestName";
import type { Submission } from "../../../contract/messages/envelope";
import type { ListParameters } from "./listQuery";

const allOf = <T>(names: Record<keyof T, true>) => Object.keys(names) as (keyof T & string)[];

/** The fields of a submitted job. */
export const jobFields = allOf<Submission>({
  type: true,
  payload: true,
  id: true,
  tenant: true,
  delaySeconds: true,
  runAt: true,
});

/** The fields of a batch. */
export const batchFields = ["jobs"];

/** The fields of a retry, and of one of several jobs. */
export const retryFields = ["delaySeconds"];
export const retriesFields = ["ids", "delaySeconds"];

/** The query parameters of `GET /jobs`. */
export const listParameters = allOf<ListParameters>({ type: true, state: true, limit: true, cursor: true });

/** Problems shown in one answer. */
const maxProblems = 20;

/** A problem for each name that a request may not use there, with the nearest valid one; `path` is put before it. */
export function findUnknownNames(
  names: string[],
  known: readonly string[],
  what: "field" | "parameter",
  path = "",
): FieldProblem[] {
  return names
    .filter((name) => !known.includes(name))
    .slice(0, maxProblems)
    .map((name) => {
      const nearest = nearestName(name, known);
      const expected = known.length === 0 ? `no ${what}` : `the ${what}s ${known.join(", ")} alone`;
      const hint = nearest === undefined ? "" : `; did you mean ${nearest}?`;
      const step = name.slice(0, 100).replace(/~/g, "~0").replace(/\//g, "~1");
      return { path: path + step, message: `Expected ${expected}, got ${describe(name)}${hint}` };
    });
}
