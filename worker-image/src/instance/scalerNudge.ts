import { type Nudge } from "../../../contract/fleet/state";
import { callTimeouts } from "../services/callTimeouts";

/** Tells the scaler, without waiting for it, the number of waiting jobs of the type. Rejects if the call fails. */
export async function nudgeScaler(functionName: string, type: string, waiting: number): Promise<void> {
  // Loaded here, since most workers end without a nudge.
  const { InvokeCommand, LambdaClient } = await import("@aws-sdk/client-lambda");
  const client = new LambdaClient({ requestHandler: callTimeouts });
  const nudge: Nudge = { sent: { [type]: waiting } };
  try {
    const Payload = Buffer.from(JSON.stringify(nudge));
    await client.send(new InvokeCommand({ FunctionName: functionName, InvocationType: "Event", Payload }));
  } finally {
    client.destroy();
  }
}
