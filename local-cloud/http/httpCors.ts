import type { IncomingMessage } from "node:http";
import type { HttpAnswer } from "./httpAnswer";

/** `corsConfiguration` of an HTTP API ("Configure CORS for HTTP APIs in API Gateway"). */
export interface CorsConfiguration {
  allowOrigins?: string[];
  allowMethods?: string[];
  allowHeaders?: string[];
  exposeHeaders?: string[];
  allowCredentials?: boolean;
  maxAge?: number;
}

/**
 * True if the API admits pages of the origin. On this machine requests are unsigned, so only named origins count: `*`
 * and `https://*` would let every page in a browser submit jobs.
 */
export function allowsOrigin({ allowOrigins = [] }: CorsConfiguration, origin: string): boolean {
  return origin !== "null" && allowOrigins.some((each) => !each.includes("*") && each === origin);
}

/** The answer to a preflight request of an admitted origin, which API Gateway gives before any route. */
export function answerPreflight(cors: CorsConfiguration, { method, headers }: IncomingMessage): HttpAnswer | undefined {
  const { origin } = headers;
  const isPreflight = method === "OPTIONS" && headers["access-control-request-method"] !== undefined;
  if (!isPreflight || origin === undefined || !allowsOrigin(cors, origin)) return undefined;
  const { allowMethods = [], allowHeaders = [], maxAge } = cors;
  const answer: HttpAnswer = { status: 204, headers: {}, cookies: [], body: Buffer.alloc(0) };
  return withCors(cors, origin, {
    ...answer,
    headers: {
      "access-control-allow-methods": allowMethods.join(","),
      "access-control-allow-headers": allowHeaders.join(","),
      ...(maxAge !== undefined && { "access-control-max-age": String(maxAge) }),
    },
  });
}

/** An answer with the headers that a page of the origin needs to read it; unchanged if it isn't admitted. */
export function withCors(cors: CorsConfiguration, origin: string | undefined, answer: HttpAnswer): HttpAnswer {
  if (origin === undefined || !allowsOrigin(cors, origin)) return answer;
  const { exposeHeaders = [], allowCredentials } = cors;
  return {
    ...answer,
    headers: {
      ...answer.headers,
      "access-control-allow-origin": origin,
      ...(exposeHeaders.length > 0 && { "access-control-expose-headers": exposeHeaders.join(",") }),
      ...(allowCredentials && { "access-control-allow-credentials": "true" }),
      vary: "origin",
    },
  };
}
