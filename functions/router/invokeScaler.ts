import type { Nudge } from "../../contract/fleet/state";
import { clientOptions } from "../shared/runtime";
import type { NudgeEffects } from "./nudge";

/** Longest time that a route waits for its nudge. */
const timeoutMilliseconds = 1_000;

/** Invokes the scaler asynchronously. Loads the client at the first nudge, once the jobs are in their queues. */
export function invokeScaler(functionName: string): NudgeEffects["invoke"] {
  let send: ((nudge: Nudge) => Promise<unknown>) | undefined;

  async function load(): Promise<(nudge: Nudge) => Promise<unknown>> {
    const { InvokeCommand, LambdaClient } = await import("@aws-sdk/client-lambda");
    const client = new LambdaClient(clientOptions(1));
    return (nudge) =>
      client.send(
        new InvokeCommand({
          FunctionName: functionName,
          InvocationType: "Event",
          Payload: new TextEncoder().encode(JSON.stringify(nudge)),
        }),
        { abortSignal: AbortSignal.timeout(timeoutMilliseconds) },
      );
  }

  return async function invoke(sent) {
    send ??= await load();
    await send({ sent });
  };
}
