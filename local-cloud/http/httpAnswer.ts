/** An HTTP API's answer to the client. */
export interface HttpAnswer {
  status: number;
  headers: Record<string, string>;
  cookies: string[];
  body: Buffer;
}

/** An answer in JSON. */
export function jsonAnswer(status: number, value: unknown): HttpAnswer {
  const body = Buffer.from(JSON.stringify(value));
  return { status, headers: { "content-type": "application/json" }, cookies: [], body };
}

/** An answer of API Gateway's own. */
export function gatewayAnswer(status: number, message: string): HttpAnswer {
  return jsonAnswer(status, { message });
}

/** API Gateway's answer if a function fails or returns something invalid. */
export const functionFailed = gatewayAnswer(500, "Internal Server Error");

/**
 * A function's return value, as an HTTP answer. Without a `statusCode` the whole value is the body, as JSON ("Lambda
 * function response for format 2.0").
 */
export function answerOf(payload: string): HttpAnswer {
  const result = JSON.parse(payload) as unknown;
  if (typeof result !== "object" || result === null || !("statusCode" in result)) {
    const text = typeof result === "string" ? result : payload;
    return { status: 200, headers: { "content-type": "application/json" }, cookies: [], body: Buffer.from(text) };
  }
  const { statusCode, headers, cookies, body, isBase64Encoded } = result as Record<string, unknown>;
  const status = Number(statusCode);
  if (!Number.isInteger(status) || status < 100 || status > 599) return functionFailed;
  if (body !== undefined && body !== null && typeof body !== "string") return functionFailed;
  return {
    status,
    headers: { "content-type": "text/plain;charset=UTF-8", ...lowerCased(headers) },
    cookies: Array.isArray(cookies) ? cookies.map(String) : [],
    body: Buffer.from(body ?? "", isBase64Encoded ? "base64" : "utf8"),
  };
}

/** Headers that the connection to the client decides, not the function. */
const connectionHeaders = ["connection", "content-length", "transfer-encoding"];

function lowerCased(headers: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries((headers ?? {}) as Record<string, unknown>)
      .map(([name, value]) => [name.toLowerCase(), String(value)] as const)
      .filter(([name]) => !connectionHeaders.includes(name)),
  );
}
