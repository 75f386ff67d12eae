import { type Redrive, type RedriveOutcomes, redriveSeconds } from "../../../contract/messages/redrive";
import { invokeWith } from "../../shared/invokeWith";
import type { RedriveLetters } from "../effects";

/** Longest wait for an answer: the function has its own limits below that. */
const timeoutMilliseconds = (redriveSeconds + 3) * 1_000;

/** Has the removal function send dead letters back, and waits for it. */
export function redriveBy(functionName: string): RedriveLetters {
  const invoke = invokeWith(timeoutMilliseconds);
  return async function redrive(wanted) {
    const request: Redrive = { redrive: wanted };
    return JSON.parse(await invoke({ FunctionName: functionName }, request)) as RedriveOutcomes;
  };
}
