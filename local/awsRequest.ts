import type { IncomingMessage, ServerResponse } from "node:http";
import { randomUUID } from "node:crypto";
import type { Refusal } from "./faults";

/** How a service writes its requests, answers and errors. */
export type Protocol = "json" | "query" | "rest-xml" | "rest-json";

/** A call to the endpoint, with its body read. */
export interface AwsRequest {
  service: string;
  region?: string;
  accessKeyId?: string;
  message: IncomingMessage;
  body: Buffer;
}

/** Where the caller wants to go: the credential scope of its signature, else the target header. */
export function scopeOf(message: IncomingMessage): Pick<AwsRequest, "service" | "region" | "accessKeyId"> {
  const signed = message.headers.authorization ?? queryOf(message).get("X-Amz-Credential") ?? "";
  const scope = /(?:Credential=|^)([^/\s]+)\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request/.exec(signed);
  if (scope) return { accessKeyId: scope[1], region: scope[2], service: scope[3]! };
  const target = String(message.headers["x-amz-target"] ?? "");
  if (target.startsWith("DynamoDB_")) return { service: "dynamodb" };
  if (target.startsWith("AmazonSQS")) return { service: "sqs" };
  return { service: message.headers["content-type"]?.includes("x-www-form-urlencoded") ? "sns" : "s3" };
}

/** The action that a request asks for, as AWS calls it. */
export function actionOf(request: AwsRequest, protocol: Protocol): string {
  if (protocol === "json") return String(request.message.headers["x-amz-target"] ?? "").replace(/^.*\./, "");
  if (protocol === "rest-json") return restActionOf(request.message);
  if (protocol === "query") return new URLSearchParams(request.body.toString()).get("Action") ?? "";
  return s3ActionOf(request.message);
}

/** The function that a call of Lambda's Invoke names, by name or ARN; nothing where it is another call. */
export function functionNameOf({ url = "/" }: IncomingMessage): string | undefined {
  const [, name] = /^\/2015-03-31\/functions\/([^/?]+)\/invocations(?:\?|$)/.exec(url) ?? [];
  return name === undefined ? undefined : decodeURIComponent(name);
}

/** The schedule that a call of EventBridge Scheduler names; nothing where it is another call. */
export function scheduleNameOf({ url = "/" }: IncomingMessage): string | undefined {
  const [, name] = /^\/schedules\/([^/?]+)(?:\?|$)/.exec(url) ?? [];
  return name === undefined ? undefined : decodeURIComponent(name);
}

function restActionOf(message: IncomingMessage): string {
  if (functionNameOf(message) !== undefined) return "Invoke";
  const names: Record<string, string> = { POST: "CreateSchedule", GET: "GetSchedule", DELETE: "DeleteSchedule" };
  return scheduleNameOf(message) === undefined ? "" : (names[message.method ?? ""] ?? "");
}

/** Answers with an error in the form that the protocol's clients read. */
export function refuse(response: ServerResponse, protocol: Protocol, refusal: Refusal): void {
  const { status, code, message } = refusal;
  const sender = status < 500 ? "Sender" : "Receiver";
  const requestId = randomUUID();
  if (protocol === "json") {
    response.writeHead(status, {
      "content-type": "application/x-amz-json-1.0",
      "x-amzn-query-error": `${code};${sender}`,
    });
    response.end(JSON.stringify({ __type: code, message }));
    return;
  }
  if (protocol === "rest-json") {
    const headers = { "content-type": "application/json", "x-amzn-errortype": code, "x-amzn-requestid": requestId };
    response.writeHead(status, headers);
    response.end(JSON.stringify({ Type: status < 500 ? "User" : "Service", Message: message }));
    return;
  }
  const error = `<Code>${code}</Code><Message>${message}</Message>`;
  response.writeHead(status, { "content-type": "text/xml" });
  response.end(
    protocol === "query"
      ? `<ErrorResponse><Error><Type>${sender}</Type>${error}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`
      : `<Error>${error}<RequestId>${requestId}</RequestId></Error>`,
  );
}

function queryOf(message: IncomingMessage): URLSearchParams {
  return new URL(message.url ?? "/", "http://localhost").searchParams;
}

function s3ActionOf(message: IncomingMessage): string {
  const { pathname, searchParams } = new URL(message.url ?? "/", "http://localhost");
  const [, bucket, key] = /^\/([^/]*)\/?(.*)$/.exec(pathname) ?? [];
  const method = message.method ?? "GET";
  if (!bucket) return "ListBuckets";
  if (!key) {
    const names: Record<string, string> = {
      PUT: "CreateBucket",
      HEAD: "HeadBucket",
      DELETE: "DeleteBucket",
      POST: "DeleteObjects",
    };
    return names[method] ?? "ListObjectsV2";
  }
  if (searchParams.has("uploadId")) {
    const names: Record<string, string> = {
      PUT: "UploadPart",
      POST: "CompleteMultipartUpload",
      DELETE: "AbortMultipartUpload",
    };
    return names[method] ?? "ListParts";
  }
  if (method === "PUT") return message.headers["x-amz-copy-source"] ? "CopyObject" : "PutObject";
  const names: Record<string, string> = { HEAD: "HeadObject", DELETE: "DeleteObject", POST: "CreateMultipartUpload" };
  return names[method] ?? "GetObject";
}
