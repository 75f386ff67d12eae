import { expect } from "chai";
import { problems } from "../../../contract/http/problem";
import { type Route, routes } from "../../../contract/http/routes";
import type { HttpEvent } from "../../../functions/frontend/requests/http";
import { FakeFrontend, type ParsedAnswer } from "../support/fakeFrontend";

const all = Object.entries<Route>(routes);
const withParameter = all.filter(([, { path }]) => path.includes("{"));
const withBody = all.filter(([, { body }]) => body);
const pathOf = ({ path }: Route, value = "none") => path.replace(/\{\w+\}/, value);

/** Parameters that no job and no type has. */
const parameters = [
  ...["%2f", "%2F..", "..", ".", "%2e%2e", "%00", "\0", "a%00b", "%", "%zz", "%c3%28", "a b", "a?b", "a#b", "a;b"],
  ...["größe", "\u202eabc", "😀", "\ud800", "'", '"', "<script>", "${jndi:x}", "a".repeat(81), "a".repeat(9_000)],
  ...["__proto__", "constructor", "toString", "-", "key-"],
];

/** Bodies that no route takes, and the code of each problem. */
const bodies: [what: string, body: Partial<HttpEvent>, code: RegExp][] = [
  ...["{", "[1", "nul", "'a'", "{'a':1}", "\ufeff{", "undefined", "NaN", "{}{}"].map((body): (typeof bodies)[0] => [
    ...([body, { body }, /malformed-json/] as const),
  ]),
  ...["null", "true", "1", '"text"', "[]", '[{"type":"word-count","payload":1}]'].map((body): (typeof bodies)[0] => [
    ...([body, { body }, /invalid-request/] as const),
  ]),
  ["deep arrays", { body: "[".repeat(20_000) + "]".repeat(20_000) }, /malformed-json|invalid-request/],
  ["deep objects", { body: '{"a":'.repeat(20_000) + "1" + "}".repeat(20_000) }, /malformed-json|invalid-request/],
  ["a key twice", { body: '{"a":1,"a":1}' }, /invalid-request/],
  ["an unknown field", { body: '{"no-such-field":1}' }, /invalid-request/],
  ["__proto__", { body: '{"__proto__":{"type":"word-count","payload":1,"ids":["a"]}}' }, /invalid-request/],
  ["bytes that are no UTF-8", base64([0x7b, 0xff, 0x7d]), /malformed-json/],
  ["UTF-16", base64([0xff, 0xfe, 0x7b, 0, 0x7d, 0]), /unsupported-media-type/],
  ["a type of content", { body: "{}", headers: { "content-type": "text/plain" } }, /unsupported-media-type/],
  ["no type of content", { body: "{}", headers: {} }, /unsupported-media-type/],
  ["compressed", { body: "{}", headers: { ...json(), "content-encoding": "gzip" } }, /unsupported-media-type/],
];

function json() {
  return { "content-type": "application/json" };
}

function base64(bytes: number[]): Partial<HttpEvent> {
  return { body: Buffer.from(bytes).toString("base64"), isBase64Encoded: true };
}

/** Every way to ask for what isn't there or to say it wrongly, made from the table of routes. */
describe("hostile requests to every route", () => {
  let frontend: FakeFrontend;
  beforeEach(() => {
    frontend = new FakeFrontend();
  });

  afterEach("write nothing and are no failures", () => {
    expect(frontend.happened).to.deep.equal([]);
    expect(frontend.batches).to.deep.equal([]);
    expect(frontend.lines.filter(({ event }) => event === "request-failed")).to.deep.equal([]);
  });

  /** A problem document of a client's mistake. */
  function expectProblem({ status, headers, problem }: ParsedAnswer, what: string, code = /./): void {
    expect(status, what).to.be.within(400, 499);
    expect(headers["content-type"], what).to.equal("application/problem+json");
    expect(problem.code, `${what}: ${problem.detail}`).to.match(code);
    expect(problem, what).to.include({ type: "about:blank", status, title: problems[problem.code].title });
    expect(problem.detail.length, what).to.be.within(1, 2_000);
  }

  const ask = (route: Route, path: string, more: Partial<HttpEvent> = {}) =>
    frontend.request(route.method, path, undefined, { ...(route.body?.required && { body: "{}" }), ...more });

  for (const [name, route] of withParameter) {
    it(`${name}: parameters that nothing has`, async () => {
      for (const value of parameters) expectProblem(await ask(route, pathOf(route, value)), JSON.stringify(value));
    });
  }

  for (const [name, route] of all) {
    it(`${name}: paths beside its own, and other methods`, async () => {
      const path = pathOf(route);
      for (const other of [`${path}/x`, `/x${path}`, `${path}%2f`, `${path}\0`, `${path}..`, path.toUpperCase()]) {
        const { status, problem } = await frontend.request("PATCH", other, undefined, { body: "{" });
        expect([404, 405], `${other}: ${problem.code}`).to.include(status);
      }
      for (const method of ["PATCH", "PUT", "TRACE", "CONNECT", "OPTIONS", "get", "", "GET\0", "__proto__"]) {
        const refused = await frontend.request(method, path);
        expectProblem(refused, method, /method-not-allowed/);
        expect(refused.headers.allow, method).to.include(route.method);
      }
    });

    it(`${name}: query parameters that it doesn't take, by name`, async () => {
      for (const parameter of ["no-such", "", "__proto__", "constructor", "a".repeat(2_000), "\0", "limit[]"]) {
        const queryStringParameters = Object.fromEntries([[parameter, "1"]]);
        const refused = await ask(route, pathOf(route), { queryStringParameters });
        expectProblem(refused, parameter, /invalid-request/);
        expect(refused.problem.errors, parameter).to.have.length(1);
      }
      for (const [parameter, { type, enum: values }] of Object.entries(route.query ?? {})) {
        for (const value of type === "integer" ? ["0x1", "1,2", "1e3", "-1", "", "9".repeat(400)] : ["\0"]) {
          if (type !== "integer" && !values) continue;
          const refused = await ask(route, pathOf(route), { queryStringParameters: { [parameter]: value } });
          expectProblem(refused, `${parameter}=${value}`, /invalid-request/);
          expect(refused.problem.errors![0]!.path, `${parameter}=${value}`).to.equal(parameter);
        }
      }
    });

    it(`${name}: a body that it doesn't take`, async () => {
      if (route.body) return;
      const refused = await ask(route, pathOf(route), { body: '{"a":1}' });
      expectProblem(refused, "a field", /invalid-request/);
      expect(refused.problem.errors![0]!.path).to.equal("/a");
    });
  }

  for (const [name, route] of withBody) {
    it(`${name}: bodies that no route takes`, async () => {
      for (const [what, more, code] of bodies) expectProblem(await ask(route, pathOf(route), more), what, code);
    });

    it(`${name}: fields of the wrong kind, by their paths`, async () => {
      for (const field of Object.keys(route.body!.properties).filter((each) => each !== "payload")) {
        for (const value of [null, false, -1, 1e308, {}, [], [[]], "\0", { __proto__: null }, "a".repeat(5_000)]) {
          const body = JSON.stringify({
            ...(field !== "type" && name === "submitJob" && { type: "none" }),
            [field]: value,
          });
          const what = `${field}: ${body.slice(0, 60)}`;
          const refused = await ask(route, pathOf(route), { body });
          // Each job of a batch has an answer of its own.
          if (name === "submitBatch" && refused.status === 200) continue;
          expectProblem(refused, what);
        }
      }
    });
  }
});
