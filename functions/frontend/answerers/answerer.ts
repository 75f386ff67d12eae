import type { Route, RouteName } from "../../../contract/http/routes";
import type { HttpAnswer, HttpEvent } from "../requests/http";

/** A request at its route. */
export interface Call {
  event: HttpEvent;
  route: Route;
  /** Value of the path's parameter. */
  parameter: string;
  /** The query parameters, as the route's schemas say. */
  query: Record<string, unknown>;
  /** The only tenant whose jobs the caller may submit, see and act on; undefined if it isn't bound to one. */
  tenant?: string;
}

/** Answers the requests of a route. It reads the body, if the route takes one. */
export type Answerer = (call: Call) => Promise<HttpAnswer>;

/** The answerers of some routes. */
export type Answerers<Names extends RouteName = RouteName> = Record<Names, Answerer>;
