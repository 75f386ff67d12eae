import { describe, type FieldProblem } from "../../../contract/check";
import { findJsonLosses } from "../../../contract/http/jsonLosses";
import { type ProblemDocument, problemOf } from "../../../contract/http/problem";
import { limits } from "../../../contract/limits";

/** The fields of an API Gateway event, payload format 2.0, that the front end reads. */
export interface HttpEvent {
  rawPath: string;
  headers?: Record<string, string | undefined>;
  rawQueryString?: string;
  /** Decoded; several values of one parameter are joined by commas. */
  queryStringParameters?: Record<string, string | undefined>;
  body?: string;
  isBase64Encoded?: boolean;
  requestContext: {
    http: { method: string };
    apiId?: string;
    /** The API's own, or a custom domain. */
    domainName?: string;
    stage?: string;
    authorizer?: RequestAuthorizer;
  };
}

/** The caller's identity according to API Gateway; undefined if it doesn't authenticate callers. */
export interface RequestAuthorizer {
  iam?: { accountId?: string; userArn?: string };
  jwt?: { claims?: Record<string, string | undefined> };
}

/** A header by its lower-case name. */
export function readHeader(event: HttpEvent, name: string): string | undefined {
  const header = Object.entries(event.headers ?? {}).find(([key]) => key.toLowerCase() === name);
  return header?.[1];
}

/** A parsed body. */
export interface JsonBody {
  value: unknown;
  /** Losses of the value against the text; each is a reason to refuse it. */
  losses: FieldProblem[];
}

/** The body's JSON value, or its problem. */
export function readJsonBody(event: HttpEvent): JsonBody | { problem: ProblemDocument } {
  const { body } = event;
  if (!body) return { problem: problemOf("malformed-json", "Expected a JSON body, got none") };
  const unsupported = (expected: string, got: string) => ({
    problem: problemOf("unsupported-media-type", `Expected ${expected}, got ${got}`),
  });
  const [contentType = "", ...parameters] = (readHeader(event, "content-type") ?? "").split(";");
  if (!/^\s*application\/(json|[\w!#$&^.+-]+\+json)\s*$/i.test(contentType)) {
    return unsupported("application/json", contentType.trim() ? describe(contentType) : "no content type");
  }
  const charset = parameters.find((parameter) => /^\s*charset\s*=/i.test(parameter) && !utf8.test(parameter));
  if (charset !== undefined) return unsupported("the charset utf-8", describe(charset.trim()));
  const encoding = readHeader(event, "content-encoding") ?? "";
  if (!/^\s*(identity)?\s*$/i.test(encoding)) {
    return unsupported("a body without content-encoding", describe(encoding));
  }
  const bytes = event.isBase64Encoded ? Buffer.from(body, "base64") : undefined;
  const size = bytes?.length ?? Buffer.byteLength(body);
  if (size > limits.maxBodyBytes) {
    const detail = `Expected a body of at most ${limits.maxBodyBytes} bytes, got ${size}; a large payload is uploaded: see POST /uploads`;
    return { problem: problemOf("payload-too-large", detail) };
  }
  // JSON begins with ASCII: in UTF-16 and UTF-32 zero bytes surround it, or a byte order mark precedes it.
  const beginning = bytes ? bytes.toString("latin1", 0, 4) : body.slice(0, 4);
  if (/\0[^\0]|[^\0]\0|^(\xff\xfe|\xfe\xff)/.test(beginning)) {
    return unsupported("JSON in UTF-8", "what looks like UTF-16 or UTF-32");
  }
  try {
    const text = bytes ? new TextDecoder("utf-8", { fatal: true }).decode(bytes) : body.replace(/^\ufeff/, "");
    const sent = Number(readHeader(event, "content-length") ?? size);
    if (!bytes && body.includes("\ufffd") && sent !== size) throw new Error("some bytes are not UTF-8");
    return { value: JSON.parse(text) as unknown, losses: findJsonLosses(text) };
  } catch (error) {
    return { problem: problemOf("malformed-json", `Expected JSON in UTF-8: ${(error as Error).message}`) };
  }
}

const utf8 = /^\s*charset\s*=\s*"?utf-?8"?\s*$/i;
