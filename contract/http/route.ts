import type { Answers } from "./answers";
import type { ProblemCode } from "./problem";

/** Roles of callers: they submit jobs, read them, or operate, which is to act on jobs. */
export type Scope = "submit" | "read" | "operate";

/** A JSON Schema of draft 2020-12. */
export type JsonSchema = Record<string, unknown>;

/** Fields of a request's body, an object without others. It may be missing if no field is required. */
export interface Body {
  required?: readonly string[];
  anyOf?: readonly JsonSchema[];
  not?: JsonSchema;
  properties: Record<string, JsonSchema>;
}

/** A route of the API. */
export interface Route {
  method: "GET" | "POST" | "DELETE";
  /** Template with at most one parameter, `{id}` or `{type}`: `/jobs/{id}/retry`. */
  path: string;
  scope: Scope;
  /** Function that answers what the front end has checked; the front end itself by default. */
  by?: "operator";
  /** One line for people. */
  summary: string;
  /** True if it answers 404 `tracking-off` without records. */
  needsRecords?: true;
  /** Schemas of the query parameters, by name; others are refused. */
  query?: Record<string, JsonSchema>;
  /** Undefined if the route takes none. */
  body?: Body;
  /** Type of the answer's body, by status. */
  answers: Record<number, keyof Answers>;
  /** Codes of its own problems, beside those that each route has. */
  problems?: readonly ProblemCode[];
}
