import { describe, type FieldProblem, isObject } from "../../../contract/check";
import { nearestName } from "../../../contract/http/nearestName";
import { type ProblemDocument, problemOf } from "../../../contract/http/problem";
import type { JsonSchema, Route } from "../../../contract/http/route";
import { createSchemaCheck, type RunWithin } from "../../../contract/schema/schemaCheck";
import { type HttpEvent, readJsonBody } from "./http";

type Read<Value> = { value: Value } | { problem: ProblemDocument };

/** The query parameters, numbers as numbers. */
export function readQuery(
  { queryStringParameters = {}, rawQueryString }: HttpEvent,
  { query = {} }: Route,
  runWithin: RunWithin,
): Read<Record<string, unknown>> {
  const given = Object.entries(queryStringParameters);
  // Most requests have none, and need no schema compiled.
  if (given.length === 0) return { value: {} };
  const values: Record<string, unknown> = Object.fromEntries(
    given.map(([name, text]) => {
      const isNumber = Object.hasOwn(query, name) && query[name]!.type === "integer" && /^\d{1,15}$/.test(text ?? "");
      return [name, isNumber ? Number(text) : text];
    }),
  );
  // API Gateway joins the values of one name by commas, which a tenant or a label may have.
  const sent = new URLSearchParams(rawQueryString);
  const repeated = Object.keys(query).filter((name) => sent.getAll(name).length > 1);
  const problems = [
    ...findUnknownNames(Object.keys(values), Object.keys(query), "parameter"),
    ...repeated.map((path) => ({ path, message: `Expected it once, got it ${sent.getAll(path).length} times` })),
    ...check({ properties: query }, values, runWithin)
      .map((found) => ({ ...found, path: found.path.slice(1) }))
      .filter(({ path }) => !repeated.includes(path)),
  ];
  return problems.length > 0 ? { problem: wrongShape(problems) } : { value: values };
}

/** The body of a request, checked by its route's schema. A body that may be missing, and is, has no fields. */
export function readFields<Fields extends object>(
  event: HttpEvent,
  { body = { properties: {} } }: Route,
  runWithin: RunWithin,
): Read<Fields> {
  if (!event.body && !body.required) return { value: {} as Fields };
  const read = readJsonBody(event);
  if ("problem" in read) return read;
  const { value, losses } = read;
  const problems = [
    ...check({ type: "object", ...body }, value, runWithin),
    ...findUnknownFields(value, Object.keys(body.properties)),
    ...Object.entries(body.properties).flatMap(([name, { properties }]) =>
      properties && isObject(value) ? findUnknownFields(value[name], Object.keys(properties), `/${name}`) : [],
    ),
    ...losses,
  ];
  return problems.length > 0 ? { problem: wrongShape(problems) } : { value: value as Fields };
}

function check(schema: JsonSchema, value: unknown, runWithin: RunWithin): FieldProblem[] {
  return createSchemaCheck(
    schema,
    runWithin,
  )(value).map((problem) => ({
    ...problem,
    path: problem.path.slice("/payload".length),
  }));
}

/** Problems shown in one answer. */
const maxProblems = 20;

export function findUnknownFields(value: unknown, known: readonly string[], path = ""): FieldProblem[] {
  return isObject(value) ? findUnknownNames(Object.keys(value), known, "field", `${path}/`) : [];
}

/** A problem for each name that a request may not use there, with the nearest valid one; `path` is put before it. */
function findUnknownNames(
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

/** Characters of a `detail`; `errors` has all problems. */
const maxDetailCharacters = 1_500;

export function wrongShape(errors: FieldProblem[]): ProblemDocument {
  const isOnlyTooLarge = errors.every(({ code }) => code === "payload-too-large");
  const texts = errors.map(({ path, message }) => (path ? `${path}: ${message}` : message));
  const detail = texts.join("; ");
  const shown = detail.length <= maxDetailCharacters ? detail : `${detail.slice(0, maxDetailCharacters)}…`;
  return problemOf(isOnlyTooLarge ? "payload-too-large" : "invalid-request", shown, errors);
}
