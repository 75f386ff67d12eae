import { describe } from "../../contract/check";
import { problemOf } from "../../contract/http/problem";
import type { Route } from "../../contract/http/route";
import { type OperatorRoute, type RouteName, routes } from "../../contract/http/routes";
import type { TokenRules } from "../../contract/http/tokenRules";
import { errorFields } from "../../contract/log";
import { answer, type HttpAnswer, refuse } from "../shared/httpAnswer";
import type { Operate } from "../shared/operatorCall";
import type { Answerers } from "./answerers/answerer";
import { createJobAnswerers, type JobEffects } from "./answerers/jobs";
import { createSubmissionAnswerers, type SubmissionEffects } from "./answerers/submissions";
import { createTypeAnswerers, type TypeEffects } from "./answerers/types";
import { conditional } from "./requests/conditional";
import { findRoutes, type FoundRoute, paths } from "./requests/findRoute";
import type { HttpEvent } from "./requests/http";
import { readFields, readQuery } from "./requests/readFields";
import { readActor } from "./requests/readSubmission";
import { rightsOf } from "./requests/rights";
import { fleetsIfReadable } from "./services/fleets";

export type FrontendEffects = SubmissionEffects &
  JobEffects &
  TypeEffects & { operate: Operate; tokenRules?: TokenRules };

/**
 * The controller behind all routes of the API: accepts jobs and shows their states. A route is an entry of
 * `contract/http/routes.ts` and its answerer.
 *
 * An id makes a submission idempotent: the same job under the same id is accepted once, and another job under it is a
 * conflict. Without an `id` in the body, an `Idempotency-Key` header determines one (see {@link idFromKey}).
 */
export function createFrontend(effects: FrontendEffects): (event: HttpEvent) => Promise<HttpAnswer> {
  const { records, runWithin, operate, tokenRules = {}, log } = effects;
  const all = { ...effects, readFleets: fleetsIfReadable(effects.readFleets, log) };
  const answerers: Answerers = {
    ...createSubmissionAnswerers(all),
    ...createJobAnswerers(all),
    ...createTypeAnswerers(all),
  };

  async function respond(event: HttpEvent, method: string): Promise<HttpAnswer> {
    const here = findRoutes(event);
    if (here.length === 0) {
      return refuse(problemOf("unknown-path", `Expected ${paths}, got ${describe(event.rawPath)}`));
    }
    const found = here.find(({ route }) => route.method === method);
    if (!found) return refuseMethod(method, here);
    const { name, route, parameter } = found;
    const query = readQuery(event, route, runWithin);
    if ("problem" in query) return refuse(query.problem);
    const rights = rightsOf(event, route.scope, tokenRules);
    if ("problem" in rights) return refuse(rights.problem);
    const read = route.body && !route.by ? { value: {} } : readFields<object>(event, route, runWithin);
    if ("problem" in read) return refuse(read.problem);
    if (route.needsRecords && !records) {
      return refuse(problemOf("tracking-off", "This processor keeps no records of its jobs"));
    }
    if (name === "getHealth" && !query.value.deep) return answer(200, { status: "ok" });
    if (!isOperators(name)) return answerers[name]({ event, route, parameter, query: query.value, ...rights });
    const actor = readActor(event);
    if ("problem" in actor) return refuse(actor.problem);
    const caller = { ...actor, ...rights };
    return operate({ route: name, parameter, query: query.value, body: read.value, caller });
  }

  return async function frontend(event) {
    const { method: sent } = event.requestContext.http;
    const method = sent === "HEAD" ? "GET" : sent;
    const answered = await respond(event, method).catch((error: unknown) => {
      log("error", "request-failed", { method, path: describe(event.rawPath), ...errorFields(error) });
      return refuse(problemOf("unavailable", "The request could not be answered; try again"));
    });
    const shown = method === "GET" ? conditional(event, answered) : answered;
    return sent === "HEAD" ? { ...shown, body: "" } : shown;
  };
}

function isOperators(name: RouteName): name is OperatorRoute {
  return (routes as Record<RouteName, Route>)[name].by === "operator";
}

function refuseMethod(method: string, here: FoundRoute[]): HttpAnswer {
  const allow = here.flatMap(({ route }) => (route.method === "GET" ? ["GET", "HEAD"] : [route.method])).join(", ");
  return refuse(problemOf("method-not-allowed", `Expected ${allow}, got ${describe(method)}`), { allow });
}
