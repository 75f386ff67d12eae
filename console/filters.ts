import { routes } from "../contract/http/routes";

/** A view of the page: its name, what it is about, and its parameters. */
export interface Place {
  page: string;
  /** Id of a job, or name of a type. */
  parameter: string;
  query: URLSearchParams;
}

/** The place of a fragment: `#/jobs/ID?state=failed`. */
export function placeOf(fragment: string): Place {
  const [path = "", query = ""] = fragment.replace(/^#?\/?/, "").split(/\?(.*)/s);
  const [page = "", parameter = ""] = path.split("/");
  return { page, parameter: decoded(parameter), query: new URLSearchParams(query) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The fragment of a place, for links. */
export function linkTo(page: string, parameter = "", query: Record<string, string | undefined> = {}): string {
  const given = Object.entries(query).flatMap(([name, value]): [string, string][] => (value ? [[name, value]] : []));
  const search = given.length > 0 ? `?${new URLSearchParams(given).toString()}` : "";
  return `#/${page}${parameter && `/${encodeURIComponent(parameter)}`}${search}`;
}

/** Filters of a list of jobs, by the API's names. */
export type Filters = Record<string, string>;

/** Names of the API's filters of lists, in its order. */
export const filterNames = Object.keys(routes.listJobs.query).filter((name) => name !== "limit" && name !== "cursor");

/** The filters in the place's query; others are left out, since the API refuses them. */
export function filtersOf(query: URLSearchParams): Filters {
  return Object.fromEntries(filterNames.flatMap((name) => (query.get(name) ? [[name, query.get(name)!]] : [])));
}
