import { isUtf8 } from "node:buffer";
import { randomBytes, randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { accountId } from "../account";
import { targetOf } from "../wire/signatures/target";
import type { RouteMatch } from "./httpRoutes";

/** The parts of an event that depend on the API rather than the request. */
export interface EventContext {
  apiId: string;
  region: string;
  /** `$default`, or the stage's name. */
  stage: string;
  port: number;
  /** The caller; undefined if the route doesn't authenticate callers. */
  authorizer?: object;
}

/**
 * A request as an HTTP API passes it to Lambda ("Create AWS Lambda proxy integrations for HTTP APIs", payload format
 * version 2.0).
 */
export function eventOf(message: IncomingMessage, body: Buffer, match: RouteMatch, context: EventContext) {
  const { path: rawPath, search: rawQueryString } = targetOf(message);
  const { cookie, ...headers } = joinedHeaders(message.headersDistinct);
  const cookies = message.headersDistinct.cookie?.flatMap((line) => line.split(/;\s*/));
  // Bytes that are no text must not become one on the way.
  const isTextual = isText(headers["content-type"], headers["content-encoding"]) && isUtf8(body);
  const isBase64Encoded = body.length > 0 && !isTextual;
  const pathParameters = Object.keys(match.parameters).length > 0 ? match.parameters : undefined;
  return {
    version: "2.0",
    routeKey: match.routeKey,
    rawPath,
    rawQueryString,
    ...(cookie !== undefined && { cookies }),
    headers: { ...headers, ...forwardedHeaders(message, context.port) },
    ...(rawQueryString && { queryStringParameters: queryParameters(rawQueryString) }),
    requestContext: requestContext(message, rawPath, match, context),
    ...(pathParameters && { pathParameters }),
    ...(body.length > 0 && { body: body.toString(isBase64Encoded ? "base64" : "utf8") }),
    isBase64Encoded,
  };
}

function requestContext(message: IncomingMessage, path: string, match: RouteMatch, context: EventContext) {
  const now = new Date();
  return {
    accountId,
    apiId: context.apiId,
    ...(context.authorizer && { authorizer: context.authorizer }),
    domainName: `${context.apiId}.execute-api.${context.region}.amazonaws.com`,
    domainPrefix: context.apiId,
    http: {
      method: message.method ?? "GET",
      path,
      protocol: `HTTP/${message.httpVersion}`,
      sourceIp: message.socket.remoteAddress ?? "127.0.0.1",
      userAgent: message.headers["user-agent"] ?? "",
    },
    requestId: randomUUID(),
    routeKey: match.routeKey,
    stage: context.stage,
    time: commonLogTime(now),
    timeEpoch: now.getTime(),
  };
}

function joinedHeaders(headers: NodeJS.Dict<string[]>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, values]) => [name, (values ?? []).join(",")]));
}

function forwardedHeaders(message: IncomingMessage, port: number): Record<string, string> {
  const trace = `Root=1-${Math.floor(Date.now() / 1_000).toString(16)}-${randomBytes(12).toString("hex")}`;
  return {
    "x-amzn-trace-id": trace,
    "x-forwarded-for": message.socket.remoteAddress ?? "127.0.0.1",
    "x-forwarded-port": String(port),
    "x-forwarded-proto": "http",
  };
}

function queryParameters(rawQueryString: string): Record<string, string> {
  const query = new URLSearchParams(rawQueryString);
  return Object.fromEntries([...query.keys()].map((name) => [name, query.getAll(name).join(",")]));
}

/** True if the body is passed as text; otherwise it is base64. */
function isText(contentType: string | undefined, contentEncoding: string | undefined): boolean {
  if (contentEncoding && contentEncoding !== "identity") return false;
  return (
    contentType === undefined ||
    /^\s*(text\/|application\/(json|javascript|xml)\b|application\/[^;]*\+(json|xml)\b)/i.test(contentType)
  );
}

/** Such as `12/Mar/2020:19:03:58 +0000`. */
function commonLogTime(time: Date): string {
  const [, day, month, year, clock] = /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(time.toUTCString())!;
  return `${day}/${month}/${year}:${clock} +0000`;
}
