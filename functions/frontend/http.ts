import { type ProblemDocument, problemOf } from "../../contract/problem";

export const deploymentOnlyModule = true;

/** What the front end reads of an API Gateway event, payload format 2.0. */
export interface HttpEvent {
  rawPath: string;
  headers?: Record<string, string | undefined>;
  /** Decoded; a parameter's several values are joined by commas. */
  queryStringParameters?: Record<string, string | undefined>;
  body?: string;
  isBase64Encoded?: boolean;
  requestContext: { http: { method: string } };
}

/** An answer in the form that API Gateway takes. */
export interface HttpAnswer {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
}

/** Answers with a JSON body. */
export function answer(statusCode: number, body: unknown, headers: Record<string, string> = {}): HttpAnswer {
  return {
    statusCode,
    headers: { "content-type": "application/json", "cache-control": "no-store", ...headers },
    body: JSON.stringify(body),
  };
}

/** Answers with a problem document; one that time may heal says when to try again. */
export function refuse(problem: ProblemDocument, headers: Record<string, string> = {}): HttpAnswer {
  return answer(problem.status, problem, {
    "content-type": "application/problem+json",
    ...(problem.status === 503 && { "retry-after": retryAfterSeconds }),
    ...headers,
  });
}

/** Seconds that a client is asked to wait once AWS has refused. */
export const retryAfterSeconds = "2";

/** A header by its lower-case name. */
export function readHeader(event: HttpEvent, name: string): string | undefined {
  const header = Object.entries(event.headers ?? {}).find(([key]) => key.toLowerCase() === name);
  return header?.[1];
}

/** The body's JSON value, or why there is none. */
export function readJsonBody(event: HttpEvent): { value: unknown } | { problem: ProblemDocument } {
  if (!event.body) return { problem: problemOf("malformed-json", "Expected a JSON body, got none") };
  const contentType = readHeader(event, "content-type") ?? "";
  if (!/^\s*application\/(json|[\w!#$&^.+-]+\+json)\s*(;|$)/i.test(contentType)) {
    const got = contentType ? JSON.stringify(contentType.slice(0, 100)) : "no content type";
    return { problem: problemOf("unsupported-media-type", `Expected application/json, got ${got}`) };
  }
  try {
    const text = event.isBase64Encoded
      ? new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(event.body, "base64"))
      : event.body;
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    return { problem: problemOf("malformed-json", `Expected JSON in UTF-8: ${(error as Error).message}`) };
  }
}
