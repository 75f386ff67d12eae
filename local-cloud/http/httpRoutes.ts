/** The route of a request. */
export interface RouteMatch {
  /** `$default`, or `METHOD /path/{parameter}`. */
  routeKey: string;
  parameters: Record<string, string>;
}

/**
 * Picks the route of a request as an HTTP API does ("Routes for HTTP APIs"): full matches before greedy ones before
 * `$default`; among equals, a method before `ANY`, and fixed path parts before parameters.
 */
export function matchRoute(routeKeys: Iterable<string>, method: string, path: string): RouteMatch | undefined {
  const matches = [...routeKeys].flatMap((routeKey) => {
    const parameters = routeKey === "$default" ? {} : parametersOf(routeKey, method, path);
    return parameters ? [{ routeKey, parameters }] : [];
  });
  return matches.sort((a, b) => specificity(b.routeKey) - specificity(a.routeKey))[0];
}

function specificity(routeKey: string): number {
  if (routeKey === "$default") return 0;
  const isGreedy = routeKey.includes("+}");
  const variables = routeKey.split("{").length - 1;
  return (isGreedy ? 1_000 : 2_000) - 10 * variables + (routeKey.startsWith("ANY ") ? 0 : 1);
}

function parametersOf(routeKey: string, method: string, path: string): Record<string, string> | undefined {
  const [routeMethod, template = "/"] = routeKey.split(" ");
  if (routeMethod !== "ANY" && routeMethod !== method) return undefined;
  const pattern = template
    .split("/")
    .map((part) => {
      const [, name, greedy] = /^\{(\w+)(\+?)\}$/.exec(part) ?? [];
      if (!name) return part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
      return `(?<${name}>${greedy ? ".+" : "[^/]+"})`;
    })
    .join("/");
  const match = new RegExp(`^${pattern}$`).exec(path);
  return match ? { ...match.groups } : undefined;
}
