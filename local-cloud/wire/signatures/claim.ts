import type { IncomingMessage } from "node:http";
import { Unproven } from "./problems";

/** A request's unverified signature ("Elements of an AWS API request signature"). */
export interface Claim {
  accessKeyId: string;
  /** The credential scope: day, as yyyymmdd, region and service. */
  day: string;
  region: string;
  service: string;
  /** Time of signing: yyyymmddThhmmssZ. */
  time: string;
  /** In lower case. */
  signedHeaders: string[];
  signature: string;
  sessionToken?: string;
  /** Lifetime of a presigned URL; undefined for a signature in a header. */
  expiresSeconds?: number;
}

const algorithm = "AWS4-HMAC-SHA256";

/**
 * Reads the signature of a request, from its headers or its query; undefined without one.
 *
 * @throws Unproven that names a missing or unreadable part
 */
export function readClaim(message: IncomingMessage, query: ReadonlyMap<string, string[]>): Claim | undefined {
  const header = message.headers.authorization;
  const isInQuery = query.has("X-Amz-Signature") || query.has("X-Amz-Algorithm");
  if (header === undefined) return isInQuery ? fromQuery(query) : undefined;
  // Another scheme, such as a bearer token, is no signature.
  if (!header.startsWith("AWS4-")) return isInQuery ? fromQuery(query) : undefined;
  if (isInQuery) throw malformed("Expected one signature, got one in the header Authorization and one in the query");
  return fromHeaders(header, message);
}

function fromHeaders(header: string, { headers }: IncomingMessage): Claim {
  const [name = "", ...rest] = header.split(" ");
  expectAlgorithm(name);
  const parts = new Map(
    rest
      .join("")
      .split(",")
      .map((part) => [part.replace(/=.*$/s, ""), part.replace(/^[^=]*=/, "")]),
  );
  const part = (word: string) => parts.get(word) || missing(`Authorization header requires '${word}' parameter.`);
  const time = headers["x-amz-date"] ?? basicTime(headers.date);
  if (typeof time !== "string") {
    return missing("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");
  }
  const sessionToken = headers["x-amz-security-token"];
  return {
    ...scopeOf(part("Credential")),
    time: expectTime(time),
    signedHeaders: part("SignedHeaders").toLowerCase().split(";"),
    signature: part("Signature"),
    ...(sessionToken !== undefined && { sessionToken: String(sessionToken) }),
  };
}

function fromQuery(query: ReadonlyMap<string, string[]>): Claim {
  const optional = (name: string) => {
    const values = query.get(name) ?? [];
    if (values.length > 1) throw malformed(`Expected one ${name} in the query, got ${values.length}`);
    return values[0];
  };
  const part = (name: string) => optional(name) || missing(`AWS query-string parameters must include '${name}'.`);
  expectAlgorithm(part("X-Amz-Algorithm"));
  const expires = optional("X-Amz-Expires") ?? "900";
  // "Authenticating Requests: Using Query Parameters", Amazon S3 API Reference.
  if (!/^\d{1,6}$/.test(expires) || Number(expires) < 1 || Number(expires) > 604_800) {
    throw malformed(`Expected X-Amz-Expires as 1 to 604800 seconds, got ${JSON.stringify(expires)}`);
  }
  const sessionToken = optional("X-Amz-Security-Token");
  return {
    ...scopeOf(part("X-Amz-Credential")),
    time: expectTime(part("X-Amz-Date")),
    signedHeaders: part("X-Amz-SignedHeaders").toLowerCase().split(";"),
    signature: part("X-Amz-Signature"),
    expiresSeconds: Number(expires),
    ...(sessionToken !== undefined && { sessionToken }),
  };
}

function scopeOf(credential: string): Pick<Claim, "accessKeyId" | "day" | "region" | "service"> {
  const elements = credential.split("/");
  const [accessKeyId = "", day = "", region = "", service = "", end] = elements;
  if (elements.length !== 5 || end !== "aws4_request" || !/^\d{8}$/.test(day) || !accessKeyId || !region || !service) {
    throw malformed(
      `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/aws4_request, got ${JSON.stringify(credential)}`,
    );
  }
  return { accessKeyId, day, region, service };
}

function expectAlgorithm(name: string): void {
  if (name !== algorithm) throw malformed(`Expected the algorithm ${algorithm}, got ${JSON.stringify(name)}`);
}

function expectTime(time: string): string {
  if (/^\d{8}T\d{6}Z$/.test(time) && Number.isFinite(millisecondsOf(time))) return time;
  throw malformed(`Date must be in ISO-8601 'basic format'. Got ${JSON.stringify(time)}`);
}

/** A time as yyyymmddThhmmssZ, in epoch milliseconds. */
export function millisecondsOf(time: string): number {
  return Date.parse(time.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z"));
}

function basicTime(date: string | undefined): string | undefined {
  if (date === undefined || /^\d{8}T/.test(date)) return date;
  const parsed = new Date(date);
  return Number.isNaN(parsed.getTime()) ? date : parsed.toISOString().replace(/[-:]|\.\d+/g, "");
}

function missing(problem: string): never {
  throw malformed(problem);
}

function malformed(problem: string): Unproven {
  return new Unproven("malformed", problem);
}
