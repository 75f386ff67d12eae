import type { Route } from "../../../contract/http/route";
import type { OperatorRoute, RouteName } from "../../../contract/http/routes";
import type { JobRecord } from "../../../contract/records/record";
import type { HttpAnswer } from "../../shared/httpAnswer";
import type { JobRecords } from "../effects";
import type { HttpEvent } from "../requests/http";

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

/** The records as the caller may see them. */
export function recordsFor(records: JobRecords, { tenant }: Call): JobRecords {
  if (tenant === undefined) return records;
  const isOwn = (record: JobRecord | undefined) => record?.tenant === tenant;
  return { ...records, read: async (id) => [await records.read(id)].find(isOwn) };
}

/** Answers the requests of a route. It reads the body, if the route takes one. */
export type Answerer = (call: Call) => Promise<HttpAnswer>;

/** The answerers of some routes; by default of all that the function `operator` doesn't answer. */
export type Answerers<Names extends RouteName = Exclude<RouteName, OperatorRoute>> = Record<Names, Answerer>;
