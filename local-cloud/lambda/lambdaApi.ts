import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import { type AwsRequest, functionNameOf } from "../wire/awsRequest";
import { Refused } from "../wire/refusal";
import type { Service } from "../wire/service";
import { type Lambdas, qualifierOf } from "./lambdas";

/** "Lambda quotas": bytes of a payload, for synchronous calls and for events. */
const maxPayloadBytes = { RequestResponse: 6_291_456, Event: 1_048_576 };

/** Lambda's Invoke, on AWS's wire protocol ("AWS Lambda API Reference"). */
export function createLambdaApi(lambdas: Lambdas): Service {
  return {
    protocol: "rest-json",
    handle: (request, response) => invoke(lambdas, request, response),
  };
}

async function invoke(lambdas: Lambdas, request: AwsRequest, response: ServerResponse): Promise<void> {
  const { message, body } = request;
  const name = functionNameOf(request.target);
  if (message.method !== "POST" || name === undefined) {
    throw new Refused("Of Lambda the local cloud has only Invoke", "NotImplemented", 501);
  }
  const type = message.headers["x-amz-invocation-type"] ?? "RequestResponse";
  if (type !== "RequestResponse" && type !== "Event" && type !== "DryRun") {
    const problem = `Invocation type ${String(type)} is not one of RequestResponse, Event and DryRun`;
    throw new Refused(problem, "InvalidParameterValueException", 400);
  }
  const target = lambdas.find(name);
  if (!target) {
    throw new Refused(`Function not found: ${lambdas.arnOf(name)}`, "ResourceNotFoundException", 404);
  }
  const qualifier = request.target.query.get("Qualifier")?.[0] ?? qualifierOf(name);
  const payload = body.length === 0 ? "{}" : body.toString();
  const answer = (status: number, headers: Record<string, string> = {}, content = "") =>
    void response.writeHead(status, { "x-amzn-requestid": randomUUID(), ...headers }).end(content);
  if (type === "DryRun") return answer(204);
  checkPayload(payload, maxPayloadBytes[type]);
  if (type === "Event") {
    lambdas.invokeAsync(target.spec.name, payload, qualifier);
    return answer(202);
  }
  const result = await lambdas.invoke(target.spec.name, payload, qualifier);
  const headers = { "content-type": "application/json", "x-amz-executed-version": "$LATEST" };
  const failure: Record<string, string> = result.functionError ? { "x-amz-function-error": result.functionError } : {};
  answer(200, { ...headers, ...failure, "x-amzn-requestid": result.requestId }, result.payload);
}

function checkPayload(payload: string, maxBytes: number): void {
  const bytes = Buffer.byteLength(payload);
  if (bytes > maxBytes) {
    const problem = `Request must be smaller than ${maxBytes} bytes for the InvokeFunction operation`;
    throw new Refused(problem, "RequestTooLargeException", 413);
  }
  try {
    JSON.parse(payload);
  } catch (error) {
    const problem = `Could not parse request body into json: ${(error as Error).message}`;
    throw new Refused(problem, "InvalidRequestContentException", 400);
  }
}
