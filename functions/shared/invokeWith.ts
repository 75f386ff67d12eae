import type { InvokeCommandInput, LambdaClient } from "@aws-sdk/client-lambda";
import { clientOptions } from "./runtime";

/** Invokes functions. Loads the client with the first call: most environments never see one. */
export function invokeWith(timeoutMilliseconds: number) {
  let client: LambdaClient | undefined;
  return async function invoke(input: InvokeCommandInput, request: object): Promise<string> {
    const aws = await import("@aws-sdk/client-lambda");
    client ??= new aws.LambdaClient(clientOptions(1));
    const command = new aws.InvokeCommand({ ...input, Payload: new TextEncoder().encode(JSON.stringify(request)) });
    const { Payload, FunctionError } = await client.send(command, { requestTimeout: timeoutMilliseconds });
    const answer = Payload?.length ? new TextDecoder().decode(Payload) : "";
    if (FunctionError) throw new Error(`Expected an answer of ${input.FunctionName}, got ${answer.slice(0, 500)}`);
    return answer;
  };
}
