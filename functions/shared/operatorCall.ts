import type { OperatorRoute } from "../../contract/http/routes";
import type { HttpAnswer } from "./httpAnswer";

/** A request that the front end has checked, for the function `operator` to answer. */
export interface OperatorCall {
  route: OperatorRoute;
  /** Value of the path's parameter. */
  parameter: string;
  /** Query parameters and the body's fields, as the route's schemas say. */
  query: object;
  body: object;
  caller: Caller;
}

/** Has the function `operator` go on with an action, for as long as Lambda lets it. */
export interface RunAction {
  runAction: string;
}

/** An answer, and what the function is to do after it. Lambda takes a function that calls itself for a loop. */
export type OperatorAnswer = HttpAnswer & { next?: RunAction };

export interface Caller {
  /** Principal for people; undefined if the API authenticates none. */
  by?: string;
  /** Digest of the `Idempotency-Key`, with its caller. */
  key?: string;
  /** The only tenant whose jobs the caller may see and act on; undefined if it isn't bound to one. */
  tenant?: string;
}

/** Has the function `operator` answer. */
export type Operate = (call: OperatorCall) => Promise<HttpAnswer>;
