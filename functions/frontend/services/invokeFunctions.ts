import type { Nudge } from "../../../contract/fleet/state";
import { redriveSeconds } from "../../../contract/messages/redrive";
import { invokeWith } from "../../shared/invokeWith";
import type { ActOnLargeValues } from "../../shared/largeValueActs";
import type { Operate, OperatorAnswer } from "../../shared/operatorCall";

/** Longest wait for an answer: the function has its own limits below that. */
const timeoutMilliseconds = (redriveSeconds + 3) * 1_000;

/** Has the scaler count types again, without waiting for it. */
export type CountTypes = (types: string[]) => Promise<void>;

export function countTypesBy(functionName: string): CountTypes {
  const invoke = invokeWith(timeoutMilliseconds);
  return async function countTypes(types) {
    const request: Nudge = { sent: Object.fromEntries(types.map((type) => [type, 0])) };
    await invoke({ FunctionName: functionName, InvocationType: "Event" }, request);
  };
}

/** Has the function `operator` answer, and waits for it. */
export function operateBy(functionName: string): Operate {
  const invoke = invokeWith(timeoutMilliseconds);
  return async function operate(call) {
    const { next, ...answered } = JSON.parse(await invoke({ FunctionName: functionName }, call)) as OperatorAnswer;
    if (next) await invoke({ FunctionName: functionName, InvocationType: "Event" }, next);
    return answered;
  };
}

/** Has the same function act on large values, and waits for it. */
export function actOnLargeValuesBy(functionName: string): ActOnLargeValues {
  const invoke = invokeWith(timeoutMilliseconds);
  return async (act, input) => JSON.parse(await invoke({ FunctionName: functionName }, { act, input })) as never;
}
