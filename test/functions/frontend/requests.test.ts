import { expect } from "chai";
import type { Route } from "../../../contract/http/route";
import { routes } from "../../../contract/http/routes";
import type { HttpEvent } from "../../../functions/frontend/requests/http";
import { FakeFrontend, type ParsedAnswer } from "../support/fakeFrontend";

const job = { type: "word-count", payload: { text: "a b" } };
const json = { "content-type": "application/json" };

/** The routes with `a` in place of their parameters. */
const all = Object.values<Route>(routes).map((route) => ({ ...route, path: route.path.replace(/\{\w+\}/, "a") }));

function expectRefused(answer: ParsedAnswer, ...paths: string[]): void {
  expect(answer.problem).to.include({ status: 400, code: "invalid-request" });
  expect(answer.problem.errors!.map(({ path }) => path)).to.deep.equal(paths);
}

describe("a request to the API", () => {
  let frontend: FakeFrontend;
  beforeEach(() => {
    frontend = new FakeFrontend();
    frontend.put({
      id: "a",
      type: "word-count",
      state: "failed",
      attempts: 1,
      submittedAt: "2026-11-02T09:00:00.000Z",
    });
    frontend.happened.length = 0;
  });

  describe("with an unknown field or parameter", () => {
    afterEach(() => expect(frontend.happened).to.deep.equal([]));

    it("is refused by the name, with the nearest known one", async () => {
      const asked = {
        ...{ delay: 3_600, notBefore: "2030-01-01T00:00:00Z", timeoutSeconds: 5, priority: 5, maxAttempts: 99_999 },
        ...{ delaySecond: 600, delay_seconds: 1, runat: "x" },
      };
      const answer = await frontend.request("POST", "/jobs", { ...job, ...asked });
      expectRefused(answer, ...Object.keys(asked).map((name) => `/${name}`));
      const messages = new Map(answer.problem.errors!.map(({ path, message }) => [path, message]));
      for (const [path, nearest] of [
        ["/delay", "delaySeconds"],
        ["/delaySecond", "delaySeconds"],
        ["/delay_seconds", "delaySeconds"],
        ["/notBefore", "runAt"],
        ["/runat", "runAt"],
      ] as const) {
        expect(messages.get(path)).to.match(new RegExp(`; did you mean ${nearest}\\?$`));
      }
      expect(messages.get("/priority")).to.equal(
        'Expected the fields type, payload, payloadRef, id, tenant, labels, delaySeconds, runAt alone, got "priority"',
      );
      const query = { queryStringParameters: { status: "failed", customer: "acme" } };
      const listed = await frontend.request("GET", "/jobs", undefined, query);
      expectRefused(listed, "status", "customer");
      expect(listed.problem.errors![0]!.message).to.contain("did you mean state?");
    });

    it("is refused if it comes twice, whatever its values make together", async () => {
      for (const [path, rawQueryString, name] of [
        ["/jobs", "tenant=acme&tenant=bolt", "tenant"],
        ["/jobs", "limit=5&label=a:b&label=a:b", "label"],
        ["/jobs", "state=failed&st%61te=failed", "state"],
        ["/jobs/a", "payload=false&payload=false", "payload"],
        ["/jobs/a/logs", "limit=5&limit=5", "limit"],
        ["/usage", "by=type&by=type", "by"],
      ] as const) {
        const joined = new Map<string, string>();
        for (const [key, value] of new URLSearchParams(rawQueryString)) {
          joined.set(key, joined.has(key) ? `${joined.get(key)},${value}` : value);
        }
        const queryStringParameters = Object.fromEntries(joined);
        const answer = await frontend.request("GET", path, undefined, { rawQueryString, queryStringParameters });
        expectRefused(answer, name);
        expect(answer.problem.errors![0]!.message).to.equal("Expected it once, got it 2 times");
      }
    });

    it("is refused in a batch: the job that has it, or the whole batch", async () => {
      const batch = { jobs: [{ ...job, runat: "2030-01-01T00:00:00Z" }] };
      const { json: answered } = await frontend.request("POST", "/jobs/batch", batch);
      const [result] = (answered as { results: { status: number; problem: ParsedAnswer["problem"] }[] }).results;
      expect(result!.problem).to.include({ status: 400, code: "invalid-request" });
      expect(result!.problem.errors!.map(({ path }) => path)).to.deep.equal(["/jobs/0/runat"]);
      expectRefused(await frontend.request("POST", "/jobs/batch", { jobs: [job], tenant: "t" }), "/tenant");
    });

    it("is refused by every route", async () => {
      for (const { method, path, body } of all) {
        const what = `${method} ${path}`;
        const asked = await frontend.request(method, path, body && {}, { queryStringParameters: { nonsense: "" } });
        expect([asked.status, asked.problem.errors?.[0]?.path], what).to.deep.equal([400, "nonsense"]);
        const sent = await frontend.request(method, path, { nonsense: null });
        expect(sent.status, what).to.equal(400);
        expect(
          sent.problem.errors!.map((error) => error.path),
          what,
        ).to.include("/nonsense");
      }
    });

    it("gets an answer of bounded size", async () => {
      const many = Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`${"x".repeat(50)}${index}`, 1]));
      const answer = await frontend.request("POST", "/jobs", { ...job, ...many });
      expect(answer.problem.errors).to.have.length(20);
      expect(answer.problem.detail.length).to.be.at.most(2_000);
      expect((await frontend.request("POST", "/jobs", { ...job, ["y".repeat(1_000_000)]: 1 })).text.length).to.be.below(
        2_000,
      );
    });
  });

  it("may have an empty body if none is needed", async () => {
    expect((await frontend.request("DELETE", "/jobs/a", {})).problem.code).to.equal("job-finished");
    expect((await frontend.request("GET", "/types", {})).status).to.equal(200);
    expectRefused(await frontend.request("GET", "/types", []), "");
  });

  describe("with numbers and keys that JSON loses", () => {
    it("keeps their values, or is refused by path", async () => {
      const body = (payload: string) => `{"type":"word-count","payload":${payload}}`;
      const answer = await frontend.request("POST", "/jobs", body('{"id":12345678901234567890,"x":[1,1e400,1.0]}'));
      expectRefused(answer, "/payload/id", "/payload/x/1");
      expectRefused(await frontend.request("POST", "/jobs", body("0.1234567890123456789")), "/payload");
      expectRefused(await frontend.request("POST", "/jobs", body('{"a":1,"a":2}')), "/payload/a");
      expectRefused(
        await frontend.request("POST", "/jobs", '{"type":"word-count","type":"checksum","payload":1}'),
        "/type",
      );
      expect(frontend.happened).to.deep.equal([]);
      expect((await frontend.request("POST", "/jobs", body("[1.0,1e2,-0,0.1]"))).status).to.equal(202);
      expect(frontend.batches[0]![0]!.body).to.contain('"payload":[1,100,0,0.1]');
    });

    it("is refused in a batch for the job at fault only", async () => {
      const bad = `{"type":"word-count","payload":[${Array(100).fill("1e400").join()}]}`;
      const good = JSON.stringify(job);
      const { json: answered } = await frontend.request("POST", "/jobs/batch", `{"jobs":[${bad},${good},${bad}]}`);
      const { results } = answered as { results: { status: number; problem?: ParsedAnswer["problem"] }[] };
      expect(results.map(({ status }) => status)).to.deep.equal([400, 202, 400]);
      expect(results[2]!.problem!.errors![0]!.path).to.equal("/jobs/2/payload/0");
      expectRefused(await frontend.request("POST", "/jobs/batch", `{"jobs":[${good}],"jobs":[${good}]}`), "/jobs");
    });
  });

  describe("with a body in any encoding", () => {
    const send = (body: Buffer | string, headers: Record<string, string> = json) =>
      frontend.request("POST", "/jobs", typeof body === "string" ? body : body.toString("base64"), {
        headers,
        isBase64Encoded: typeof body !== "string",
      });
    const text = JSON.stringify(job);

    it("is refused if its headers name another charset or a content-encoding", async () => {
      for (const headers of [
        { "content-type": "application/json; charset=iso-8859-1" },
        { "Content-Type": 'application/json;version=1; Charset="UTF-16"' },
        { "content-type": "application/json; charset=utf-8; charset=latin1" },
        { ...json, "content-encoding": "gzip" },
        { ...json, "Content-Encoding": "identity, br" },
      ] as Record<string, string>[]) {
        const answer = await send(text, headers);
        expect([answer.status, answer.problem.code], JSON.stringify(headers)).to.deep.equal([
          415,
          "unsupported-media-type",
        ]);
        expect(answer.headers["accept-encoding"]).to.equal("identity");
        expect(answer.problem.detail).to.match(/^Expected .+, got /);
      }
      for (const headers of [
        { "content-type": "application/json;charset=UTF-8" },
        { "content-type": 'application/json; charset="utf8"; x=y' },
        { ...json, "content-encoding": "identity" },
        { ...json, "content-encoding": "" },
      ] as Record<string, string>[]) {
        expect((await send(text, headers)).status, JSON.stringify(headers)).to.equal(202);
      }
    });

    it("may begin with a byte order mark", async () => {
      expect((await send(`\ufeff${text}`)).status).to.equal(202);
      expect((await send(Buffer.from(`\ufeff${text}`))).status).to.equal(202);
    });

    it("is refused by the name of the encoding: UTF-16, UTF-32, or no text", async () => {
      const utf16 = Buffer.from(text, "utf16le");
      for (const bytes of [
        utf16,
        Buffer.from(`\ufeff${text}`, "utf16le"),
        Buffer.from(utf16).swap16(),
        Buffer.from(`\ufeff${text}`, "utf16le").swap16(),
        Buffer.from([0, 0, 0, 0x7b, 0, 0, 0, 0x7d]),
        Buffer.from([0x7b, 0, 0, 0, 0x7d, 0, 0, 0]),
      ]) {
        for (const body of [bytes, bytes.toString()]) {
          const answer = await send(body);
          expect(answer.problem, bytes.toString("hex")).to.include({ status: 415, code: "unsupported-media-type" });
        }
      }
    });

    it("never becomes U+FFFD, however API Gateway passes on what is not UTF-8", async () => {
      const bytes = Buffer.from(JSON.stringify({ ...job, payload: "\xe9\xe8" }), "latin1");
      expect((await send(bytes)).problem).to.include({ status: 400, code: "malformed-json" });
      const replaced = await send(bytes.toString(), { ...json, "content-length": String(bytes.length) });
      expect(replaced.problem).to.include({ status: 400, code: "malformed-json" });
      const honest = JSON.stringify({ ...job, payload: "\ufffd" });
      const headers = { ...json, "content-length": String(Buffer.byteLength(honest)) };
      expect((await send(honest, headers)).status).to.equal(202);
    });

    it("is refused over five million bytes", async () => {
      for (const body of [`${text}${" ".repeat(5_000_000)}`, Buffer.from(`${text}${" ".repeat(5_000_000)}`)]) {
        const answer = await send(body);
        expect(answer.problem).to.include({ status: 413, code: "payload-too-large" });
        expect(answer.problem.detail).to.match(
          /^Expected a body of at most 5000000 bytes, got 50000\d\d; .* POST \/uploads$/,
        );
      }
    });
  });

  describe("with any path", () => {
    const at = async (rawPath: string, context: Partial<HttpEvent["requestContext"]> = {}, method = "GET") => {
      const requestContext = { http: { method }, ...context };
      const body = method === "POST" ? job : undefined;
      return (await frontend.request(method, rawPath, body, { requestContext })).status;
    };

    it("may have a slash too many or too few", async () => {
      for (const path of ["//jobs", "/jobs/", "jobs", "//health", "/health/", "/jobs//a", "/jobs/a/", "//types//"]) {
        expect(await at(path), path).to.equal(200);
      }
      expect(await at("//jobs", {}, "POST")).to.equal(202);
      expect((await frontend.request("POST", "//jobs/batch/", { jobs: [job] })).status).to.equal(200);
    });

    it("may begin with the stage, or with a custom domain's base path", async () => {
      const own = { apiId: "abc", domainName: "abc.execute-api.eu-west-1.amazonaws.com" };
      const custom = { apiId: "abc", domainName: "jobs.example.com" };
      expect(await at("/prod/health", { ...own, stage: "prod" })).to.equal(200);
      expect(await at("/prod/jobs", { ...own, stage: "prod" }, "POST")).to.equal(202);
      expect(await at("/jobs/health", { ...own, stage: "jobs" })).to.equal(200);
      expect(await at("/batch/health", { ...custom, stage: "$default" })).to.equal(200);
      expect(await at("/batch/v1/jobs/a", { ...custom, stage: "$default" })).to.equal(200);
      expect(await at("/prod/health", { ...custom, stage: "prod" })).to.equal(200);
      expect(await at("/batch/jobs", { ...custom, stage: "$default" }, "POST")).to.equal(202);
    });

    it("is otherwise answered 404", async () => {
      const own = { apiId: "abc", domainName: "abc.execute-api.eu-west-1.amazonaws.com", stage: "$default" };
      for (const path of ["/batch/health", "/prod/jobs", "/v2/jobs/a", "/"])
        expect(await at(path, own), path).to.equal(404);
      for (const path of ["/jobs/a/health", "/jobs/a/jobs", "/health/types", `${"/x".repeat(9)}/jobs`]) {
        expect(await at(path), path).to.equal(404);
      }
    });
  });
});
