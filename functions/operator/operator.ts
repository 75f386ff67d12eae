import type { HttpAnswer } from "../shared/httpAnswer";
import type { OperatorCall } from "../shared/operatorCall";
import type { Answerers } from "./answerers/answerer";
import { createTypeAnswerers, type TypeEffects } from "./answerers/types";

export type OperatorEffects = TypeEffects;

/**
 * The function behind the routes that `contract/http/routes.ts` marks as the operator's. The front end has checked the
 * request and its caller's rights.
 */
export function createOperator(effects: OperatorEffects): (call: OperatorCall) => Promise<HttpAnswer> {
  const answerers: Answerers = createTypeAnswerers(effects);
  return (call) => answerers[call.route](call);
}
