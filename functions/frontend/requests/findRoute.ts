import type { Route } from "../../../contract/http/route";
import { type RouteName, routes } from "../../../contract/http/routes";
import type { HttpEvent } from "./http";
import { pathWithin } from "./pathWithin";

/** A route with the value of its path's parameter, empty if it has none. */
export interface FoundRoute {
  name: RouteName;
  route: Route;
  parameter: string;
}

const all = Object.entries(routes as Record<RouteName, Route>).map(([name, route]) => {
  const pattern = new RegExp(`^${route.path.replace(/\./g, "\\.").replace(/\{\w+\}/, "([^/]+)")}$`);
  return { name: name as RouteName, route, pattern };
});

/** Paths of the API, for people. */
export const paths = [...new Set(all.map(({ route }) => route.path))].join(", ");

/** Finds the routes of the request's path, whatever its method. */
export function findRoutes(event: HttpEvent): FoundRoute[] {
  const path = pathWithin(event, (candidate) => all.some(({ pattern }) => pattern.test(candidate)));
  return all.flatMap(({ name, route, pattern }) => {
    const match = pattern.exec(path);
    return match ? [{ name, route, parameter: match[1] ?? "" }] : [];
  });
}
