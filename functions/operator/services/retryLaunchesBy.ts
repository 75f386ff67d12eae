import type { LaunchRetry } from "../../../contract/fleet/state";
import { invokeWith } from "../../shared/invokeWith";

/** Has a type's launches retried. */
export type RetryLaunches = (type: string) => Promise<void>;

/** Longest wait for Lambda to take the request. */
const timeoutMilliseconds = 2_000;

/** Has the scaler retry a type's launches, without waiting for it. */
export function retryLaunchesBy(functionName: string): RetryLaunches {
  const invoke = invokeWith(timeoutMilliseconds);
  return async function retryLaunches(type) {
    const request: LaunchRetry = { retryLaunches: [type] };
    await invoke({ FunctionName: functionName, InvocationType: "Event" }, request);
  };
}
