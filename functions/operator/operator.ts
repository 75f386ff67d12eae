import { problemOf } from "../../contract/http/problem";
import type { HttpAnswer } from "../shared/httpAnswer";
import type { LargeValueCall } from "../shared/largeValueActs";
import type { OperatorCall } from "../shared/operatorCall";
import type { Answerers } from "./answerers/answerer";
import { createLogAnswerers, type LogEffects } from "./answerers/logs";
import { createTypeAnswerers, type TypeEffects } from "./answerers/types";
import { createUploadAnswerers, type UploadEffects } from "./answerers/uploads";

export type OperatorEffects = TypeEffects & LogEffects & UploadEffects;

/**
 * The function behind the routes that `contract/http/routes.ts` marks as the operator's. The front end has checked the
 * request and its caller's rights. It also acts on large values for the front end's own routes.
 */
export function createOperator(effects: OperatorEffects) {
  const answerers: Answerers = {
    ...createTypeAnswerers(effects),
    ...createLogAnswerers(effects),
    ...createUploadAnswerers(effects),
  };

  function operator(call: OperatorCall): Promise<HttpAnswer>;
  function operator(call: LargeValueCall): Promise<object>;
  function operator(call: OperatorCall | LargeValueCall): Promise<object> {
    if ("route" in call) return answerers[call.route](call);
    const { largeValues } = effects;
    if (!largeValues) return Promise.resolve(problemOf("tracking-off", "Payloads in S3 need records, which are off"));
    return largeValues[call.act](call.input as never);
  }
  return operator;
}
