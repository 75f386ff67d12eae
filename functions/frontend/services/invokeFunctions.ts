import type { InvokeCommandInput, LambdaClient } from "@aws-sdk/client-lambda";
import type { LaunchRetry } from "../../../contract/fleet/state";
import { type Redrive, type RedriveOutcomes, redriveSeconds } from "../../../contract/messages/redrive";
import { clientOptions } from "../../shared/runtime";
import type { RedriveLetters } from "../effects";

/** Retries the launches of a type now. */
export type RetryLaunches = (type: string) => Promise<void>;

/** Has the removal function send dead letters back, and waits for it. */
export function redriveBy(functionName: string): RedriveLetters {
  const invoke = invokeWith();
  return async function redrive(wanted) {
    const request: Redrive = { redrive: wanted };
    return JSON.parse(await invoke({ FunctionName: functionName }, request)) as RedriveOutcomes;
  };
}

/** Has the scaler retry a type's launches, without waiting for it. */
export function retryLaunchesBy(functionName: string): RetryLaunches {
  const invoke = invokeWith();
  return async function retryLaunches(type) {
    const request: LaunchRetry = { retryLaunches: [type] };
    await invoke({ FunctionName: functionName, InvocationType: "Event" }, request);
  };
}

/** Invokes functions. Loads the client with the first operator action: most environments never see one. */
function invokeWith() {
  let client: LambdaClient | undefined;
  return async function invoke(input: InvokeCommandInput, request: object): Promise<string> {
    const aws = await import("@aws-sdk/client-lambda");
    client ??= new aws.LambdaClient(clientOptions(1));
    const command = new aws.InvokeCommand({ ...input, Payload: new TextEncoder().encode(JSON.stringify(request)) });
    const { Payload, FunctionError } = await client.send(command, { requestTimeout: (redriveSeconds + 3) * 1_000 });
    const answer = Payload?.length ? new TextDecoder().decode(Payload) : "";
    if (FunctionError) throw new Error(`Expected an answer of ${input.FunctionName}, got ${answer.slice(0, 500)}`);
    return answer;
  };
}
