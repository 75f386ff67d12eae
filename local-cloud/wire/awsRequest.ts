import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Caller } from "./callers";
import type { Refusal } from "./faults";
import { queryErrorOf } from "./queryError";
import { Refused } from "./refusal";
import type { Target } from "./signatures/target";
import { escapeXml } from "./xml";

/** Form of a service's requests, answers and errors. */
export type Protocol = "json" | "query" | "rest-xml" | "rest-json";

/** A call to the endpoint with a verified signature. */
export interface AwsRequest {
  /** Name in the credential scope. */
  service: string;
  /** AWS's name of the call: `SendMessageBatch`. */
  action: string;
  accessKeyId: string;
  caller: Caller;
  message: IncomingMessage;
  target: Target;
  /** Body without chunks. */
  body: Buffer;
  /** The body of a call whose protocol is JSON: an object. */
  input?: Record<string, unknown>;
}

/** The service of a request: by the credential scope of its signature, else by the features of such requests. */
export function serviceOf(message: IncomingMessage, { query }: Target): string {
  const signed = message.headers.authorization ?? query.get("X-Amz-Credential")?.[0] ?? "";
  const [, service] = /(?:Credential=|^)[^/\s]+\/\d{8}\/[^/]+\/([^/]+)\/aws4_request/.exec(signed) ?? [];
  if (service) return service;
  const target = String(message.headers["x-amz-target"] ?? "");
  if (target.startsWith("DynamoDB_")) return "dynamodb";
  if (target.startsWith("AmazonSQS")) return "sqs";
  return message.headers["content-type"]?.includes("x-www-form-urlencoded") ? "sns" : "s3";
}

/** The action of a request, by AWS's name. */
export function actionOf(request: Omit<AwsRequest, "action">, protocol: Protocol): string {
  if (protocol === "json") return String(request.message.headers["x-amz-target"] ?? "").replace(/^.*\./, "");
  if (protocol === "rest-json") return restActionOf(request);
  if (protocol === "query") return new URLSearchParams(request.body.toString()).get("Action") ?? "";
  return s3ActionOf(request);
}

/** The function in a call of Lambda's Invoke, by name or ARN; undefined for another call. */
export function functionNameOf({ path }: Target): string | undefined {
  return decodedPart(/^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(path)?.[1]);
}

/** The schedule in a call of EventBridge Scheduler; undefined for another call. */
export function scheduleNameOf({ path }: Target): string | undefined {
  return decodedPart(/^\/schedules\/([^/]+)$/.exec(path)?.[1]);
}

/** The bucket and the key in a call of S3, from its path. */
export function objectOf({ path }: Target): { bucket: string; key: string } {
  const [, bucket, key] = /^\/([^/]*)\/?(.*)$/s.exec(path) ?? [];
  return { bucket: decodedPart(bucket) ?? "", key: decodedPart(key) ?? "" };
}

/** @throws Refused for invalid percent-encoded UTF-8 */
function decodedPart(part: string | undefined): string | undefined {
  try {
    return part === undefined ? undefined : decodeURIComponent(part);
  } catch {
    throw new Refused(`Couldn't parse the specified URI: ${part}`, "InvalidURI");
  }
}

function restActionOf({ message, target }: Omit<AwsRequest, "action">): string {
  if (functionNameOf(target) !== undefined) return "Invoke";
  const names: Record<string, string> = { POST: "CreateSchedule", GET: "GetSchedule", DELETE: "DeleteSchedule" };
  return scheduleNameOf(target) === undefined ? "" : (names[message.method ?? ""] ?? "");
}

/** Answers with an error in the protocol's form. */
export function refuse(response: ServerResponse, protocol: Protocol, refusal: Refusal): void {
  const { status, code, message } = refusal;
  const sender = status < 500 ? "Sender" : "Receiver";
  const requestId = randomUUID();
  if (protocol === "json") {
    response.writeHead(status, {
      "content-type": "application/x-amz-json-1.0",
      "x-amzn-query-error": queryErrorOf(`${code};${sender}`),
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
  const error = `<Code>${code}</Code><Message>${escapeXml(message)}</Message>`;
  response.writeHead(status, { "content-type": "text/xml" });
  response.end(
    protocol === "query"
      ? `<ErrorResponse><Error><Type>${sender}</Type>${error}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`
      : `<Error>${error}<RequestId>${requestId}</RequestId></Error>`,
  );
}

/** Operations of S3 by method: on a bucket, on a part of an upload, and on an object. */
const s3Operations: Record<"bucket" | "upload" | "object", Record<string, string>> = {
  bucket: { PUT: "CreateBucket", HEAD: "HeadBucket", DELETE: "DeleteBucket", POST: "DeleteObjects" },
  upload: { PUT: "UploadPart", POST: "CompleteMultipartUpload", DELETE: "AbortMultipartUpload" },
  object: { PUT: "PutObject", HEAD: "HeadObject", DELETE: "DeleteObject", POST: "CreateMultipartUpload" },
};

function s3ActionOf({ message: { method = "GET", headers }, target }: Omit<AwsRequest, "action">): string {
  const { bucket, key } = objectOf(target);
  if (!bucket) return "ListBuckets";
  if (!key) return s3Operations.bucket[method] ?? "ListObjectsV2";
  if (target.query.has("uploadId")) return s3Operations.upload[method] ?? "ListParts";
  if (method === "PUT" && headers["x-amz-copy-source"]) return "CopyObject";
  return s3Operations.object[method] ?? "GetObject";
}
