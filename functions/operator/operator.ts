import type { HttpAnswer } from "../shared/httpAnswer";
import type { OperatorCall } from "../shared/operatorCall";
import type { Answerers } from "./answerers/answerer";
import { createLogAnswerers, type LogEffects } from "./answerers/logs";
import { createTypeAnswerers, type TypeEffects } from "./answerers/types";

export type OperatorEffects = TypeEffects & LogEffects;

/**
 * The function behind the routes that `contract/http/routes.ts` marks as the operator's. The front end has checked the
 * request and its caller's rights.
 */
export function createOperator(effects: OperatorEffects): (call: OperatorCall) => Promise<HttpAnswer> {
  const answerers: Answerers = { ...createTypeAnswerers(effects), ...createLogAnswerers(effects) };
  return (call) => answerers[call.route](call);
}
