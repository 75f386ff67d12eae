import type { Route } from "../../contract/http/route";

/** A request that its route refuses. */
export interface HostileRequest {
  what: string;
  method: string;
  path: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** The problem's code. */
  code?: RegExp;
  /** Path of the field that the problem names. */
  field?: string;
  /** True if each part of it has an answer of its own. */
  isBatch?: boolean;
}

/** Parameters that no job, no action and no type has. */
const parameters = [
  ...["%2f", "%2F..", "..", ".", "%2e%2e", "%00", "\0", "a%00b", "%", "%zz", "%c3%28", "a b", "a?b", "a#b", "a;b"],
  ...["größe", "\u202eabc", "😀", "\ud800", "'", '"', "<script>", "${jndi:x}", "a".repeat(81), "a".repeat(9_000)],
  ...["__proto__", "constructor", "toString", "-", "key-"],
];

const json = { "content-type": "application/json" };

/** Bodies that no route takes. */
const bodies: Omit<HostileRequest, "method" | "path">[] = [
  ...["{", "[1", "nul", "'a'", "{'a':1}", "\ufeff{", "undefined", "NaN", "{}{}"].map((body) => ({
    ...{ what: body, body, code: /malformed-json/ },
  })),
  ...["null", "true", "1", '"text"', "[]", '[{"type":"word-count","payload":1}]'].map((body) => ({
    ...{ what: body, body, code: /invalid-request/ },
  })),
  { what: "deep arrays", body: "[".repeat(20_000) + "]".repeat(20_000), code: /malformed-json|invalid-request/ },
  { what: "deep objects", body: '{"a":'.repeat(20_000) + "1" + "}".repeat(20_000), code: /malformed|invalid-request/ },
  { what: "a key twice", body: '{"a":1,"a":1}', code: /invalid-request/ },
  { what: "an unknown field", body: '{"no-such-field":1}', code: /invalid-request/ },
  { what: "__proto__", body: '{"__proto__":{"type":"word-count","payload":1,"ids":["a"]}}', code: /invalid-request/ },
  { what: "bytes that are no UTF-8", body: Buffer.from([0x7b, 0xff, 0x7d]), code: /malformed-json/ },
  { what: "UTF-16", body: Buffer.from([0xff, 0xfe, 0x7b, 0, 0x7d, 0]), code: /unsupported-media-type/ },
  { what: "text", body: "{}", headers: { "content-type": "text/plain" }, code: /unsupported-media-type/ },
  { what: "no type of content", body: "{}", headers: {}, code: /unsupported-media-type/ },
  { what: "gzip", body: "{}", headers: { ...json, "content-encoding": "gzip" }, code: /unsupported-media-type/ },
];

const wrongValues = [null, false, -1, 1e308, {}, [], [[]], "\0", { __proto__: null }, "a".repeat(5_000)];

/**
 * Every way to ask a route for what isn't there or to say it wrongly, made from the table of routes. `parameter`: value
 * of the path's parameter where that is right.
 */
export function hostileRequestsTo(
  name: string,
  { method, path: template, query, body }: Route,
  parameter = "none",
): HostileRequest[] {
  const pathWith = (value: string) => template.replace(/\{\w+\}/, () => value);
  const path = pathWith(parameter);
  const requests: HostileRequest[] = [];
  const add = ({ what, ...more }: Partial<HostileRequest> & { what: string }) =>
    requests.push({
      what: what.slice(0, 60),
      method,
      path,
      headers: json,
      ...(body?.required && { body: "{}" }),
      ...more,
    });

  if (template.includes("{")) {
    for (const value of parameters) add({ what: `the parameter ${JSON.stringify(value)}`, path: pathWith(value) });
  }
  for (const other of [`${path}/x`, `/x${path}`, `${path}%2f`, `${path}\0`, `${path}..`, path.toUpperCase()]) {
    add({ what: other, method: "PATCH", path: other, body: "{", code: /unknown-path|method-not-allowed/ });
  }
  for (const other of ["PATCH", "PUT", "TRACE", "CONNECT", "OPTIONS", "get", "", "GET\0", "__proto__"]) {
    add({ what: `the method ${other}`, method: other, code: /method-not-allowed/ });
  }
  for (const field of ["no-such", "", "__proto__", "constructor", "a".repeat(2_000), "\0", "limit[]"]) {
    add({
      what: `?${field}=1`,
      query: Object.fromEntries([[field, "1"]]),
      code: /invalid-request/,
      field: field.slice(0, 100),
    });
  }
  for (const [field, { type, enum: values }] of Object.entries(query ?? {})) {
    if (type !== "integer" && !values) continue;
    for (const value of type === "integer" ? ["0x1", "1,2", "1e3", "-1", "", "9".repeat(400)] : ["\0"]) {
      add({ what: `?${field}=${value}`, query: { [field]: value }, code: /invalid-request/, field });
    }
  }
  if (!body) {
    add({ what: "a body", body: '{"a":1}', code: /invalid-request/, field: "/a" });
  }
  for (const each of body ? bodies : []) add(each);
  for (const field of Object.keys(body?.properties ?? {}).filter((each) => each !== "payload")) {
    for (const value of wrongValues) {
      const typed = field !== "type" && name === "submitJob" && { type: "none" };
      const text = JSON.stringify({ ...typed, [field]: value });
      add({ what: `${field}: ${text}`, body: text, isBatch: name === "submitBatch" });
    }
  }
  return requests;
}
