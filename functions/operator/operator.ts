import { problemOf } from "../../contract/http/problem";
import type { WriteSums } from "../../contract/metrics";
import type { LargeValueCall } from "../shared/largeValueActs";
import type { OperatorCall, RunAction } from "../shared/operatorCall";
import type { RunContext } from "../shared/runtime";
import { runAction, type RunActionEffects } from "./actions/runAction";
import { type ActionEffects, createActionAnswerers } from "./answerers/actions";
import type { Answerers } from "./answerers/answerer";
import { createFailureAnswerers, type FailureEffects } from "./answerers/failures";
import { createHealthAnswerers, type HealthEffects } from "./answerers/health";
import { createJobAnswerers, type JobEffects } from "./answerers/jobs";
import { createLogAnswerers, type LogEffects } from "./answerers/logs";
import { createTypeAnswerers, type TypeEffects } from "./answerers/types";
import { createUploadAnswerers, type UploadEffects } from "./answerers/uploads";
import { createUsageAnswerers, type UsageEffects } from "./answerers/usage";
import { writeSums } from "./writeSums";

/** The effects of actions and lists are there if jobs are tracked: without, the front end calls no such route. */
export type OperatorEffects = TypeEffects &
  (LogEffects & JobEffects & FailureEffects & HealthEffects & UsageEffects) &
  (ActionEffects & RunActionEffects & UploadEffects);

/** Time left for a page of jobs. */
const reserveMilliseconds = 60_000;

/**
 * The function behind the routes that `contract/http/routes.ts` marks as the operator's. The front end has checked the
 * request and its caller's rights. It also acts on large values for the front end's own routes, runs actions, for as
 * long as Lambda lets it, and each minute writes the sums that alarms read.
 */
export function createOperator(
  effects: OperatorEffects,
): (call: OperatorCall | LargeValueCall | RunAction | WriteSums, context: RunContext) => Promise<object | void> {
  const answerers: Answerers = {
    ...createTypeAnswerers(effects),
    ...createLogAnswerers(effects),
    ...createJobAnswerers(effects),
    ...createFailureAnswerers(effects),
    ...createActionAnswerers(effects),
    ...createUploadAnswerers(effects),
    ...createHealthAnswerers(effects),
    ...createUsageAnswerers(effects),
  };
  return async function operator(call, context) {
    if ("route" in call) return answerers[call.route]({ ...call, functionArn: context.invokedFunctionArn! });
    if ("runAction" in call) {
      const hasTime = () => context.getRemainingTimeInMillis() > reserveMilliseconds;
      return runAction(effects, call.runAction, hasTime);
    }
    if ("writeSums" in call) return writeSums(effects, call);
    const { largeValues } = effects;
    if (!largeValues) return problemOf("tracking-off", "Payloads in S3 need records, which are off");
    return largeValues[call.act](call.input as never);
  };
}
