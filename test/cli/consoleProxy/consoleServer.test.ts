import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { OutgoingHttpHeaders } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type ConsoleOptions, startConsole } from "../../../cli/consoleProxy/consoleServer";
import { createAuthorize } from "../../../client/connection/authorization";
import { Connection, type ConnectionOptions } from "../../../client/connection/connection";
import type { Listener } from "../../../contract/http/listen";
import { limits } from "../../../contract/limits";
import { type CannedAnswer, type CannedApi, problem, startCannedApi } from "../../client/support";
import { rawBytes, rawCall } from "../../local-cloud/rawCalls";

const token = "a-secret-of-this-run";
const types = { body: { types: [] } };

describe("the console's server", () => {
  let api: CannedApi;
  let server: Listener;
  let folder: string;
  let answer: () => CannedAnswer;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "console-"));
    for (const name of ["index.html", "console.js", "console.css"]) writeFileSync(join(folder, name), `the ${name}`);
    api = await startCannedApi(() => answer());
    server = await start();
  });
  beforeEach(() => {
    api.requests.length = 0;
    answer = () => types;
  });
  after(async () => {
    await server.close();
    await api.close();
    rmSync(folder, { recursive: true });
  });

  function start(options: Partial<ConsoleOptions> = {}, connection: ConnectionOptions = {}): Promise<Listener> {
    const url = new URL(`${api.url}prod`);
    const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "the secret key" };
    const authorize = createAuthorize(url, { authorization: "iam", region: "eu-west-1", credentials });
    const forwarding = new Connection(url, authorize, connection);
    return startConsole({ folder, connection: forwarding, token, readsOnly: undefined, port: 0, ...options });
  }

  const call = (method: string, path: string, headers: OutgoingHttpHeaders = {}, body?: string, at = server) =>
    rawCall(at.address, { method, path, headers: { "x-console-token": token, ...headers }, body });
  const messageOf = ({ text }: { text: string }) => (JSON.parse(text) as { message: string }).message;

  it("serves the page's files, which may load nothing else, to anyone", async () => {
    const answers = ["", "console.js", "console.css"].map((name) =>
      rawCall(server.address, { method: "GET", path: `/console/${name}` }),
    );
    for (const { status, text, headers } of await Promise.all(answers)) {
      expect([status, text.startsWith("the ")]).to.deep.equal([200, true]);
      const rules = String(headers["content-security-policy"]).split("; ");
      const strict = ["script-src 'self'", "style-src 'self'", "connect-src 'self'", "base-uri 'none'"];
      expect(rules).to.include.members(["default-src 'none'", "frame-ancestors 'none'", ...strict]);
      expect(headers).to.include({ "x-content-type-options": "nosniff" });
    }
    for (const path of ["/", "/console"]) {
      const { status, headers } = await rawCall(server.address, { method: "GET", path });
      expect([status, headers.location], path).to.deep.equal([302, "/console/"]);
    }
    for (const path of [
      "/console/../index.html",
      "/console/%2e%2e/x",
      "/console/__proto__",
      "/console/console.js.map",
    ]) {
      expect((await call("GET", path)).status, path).to.equal(404);
    }
  });

  it("forwards what the API reads of a call, signed, below its own path, and gives back the answer", async () => {
    answer = () => ({
      status: 202,
      headers: { etag: 'W/"a"', "set-cookie": "a=b", location: "/x" },
      body: { id: "a" },
    });
    const sent = { "content-type": "application/json", "idempotency-key": "k", "if-none-match": '"b"' };
    const others = { cookie: "a=b", authorization: "Bearer x", "x-forwarded-host": "evil.example", "x-amz-date": "x" };
    const answered = await call("POST", "/jobs/a.b/retry?x=1&y=%26", { ...sent, ...others }, '{"delaySeconds": 1}');
    expect([answered.status, answered.text]).to.deep.equal([202, '{"id":"a"}']);
    expect(answered.headers).to.include({ etag: 'W/"a"', "cache-control": "no-store" });
    expect(answered.headers).to.not.have.any.keys("set-cookie", "location");
    const [{ method, path, text, headers } = {} as never] = api.requests;
    expect([method, path, text]).to.deep.equal(["POST", "/prod/jobs/a.b/retry?x=1&y=%26", '{"delaySeconds": 1}']);
    expect(headers).to.include(sent);
    expect(headers.authorization).to.match(/^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\//);
    expect(headers).to.not.have.any.keys("cookie", "x-forwarded-host", "x-console-token");
    expect(headers["x-amz-date"]).to.match(/^\d{8}T\d{6}Z$/);
  });

  it("gives back a 304 as it is", async () => {
    answer = () => ({ status: 304, headers: { etag: 'W/"a"' }, body: "" });
    const { status, text, headers } = await call("GET", "/types", { "if-none-match": 'W/"a"' });
    expect([status, text, headers.etag]).to.deep.equal([304, "", 'W/"a"']);
  });

  it("refuses calls without the token, or with another one", async () => {
    const wrong = [
      "",
      "x",
      token.slice(1),
      `${token}x`,
      token.toUpperCase(),
      "é".repeat(10),
      [token, token].join(", "),
    ];
    for (const given of [undefined, ...wrong]) {
      for (const path of ["/types", "/nothing"]) {
        const headers = given === undefined ? {} : { "x-console-token": given };
        const { status, text } = await rawCall(server.address, { method: "GET", path, headers });
        expect([status, messageOf({ text })], String(given)).to.deep.equal([
          403,
          "Expected x-console-token as in the address that batch-jobs console printed: open that one",
        ]);
      }
    }
    const tricks = { cookie: `x-console-token=${token}`, authorization: `Bearer ${token}` };
    expect((await rawCall(server.address, { method: "GET", path: "/types", headers: tricks })).status).to.equal(403);
    expect((await rawCall(server.address, { method: "GET", path: `/types?x-console-token=${token}` })).status).to.equal(
      403,
    );
    expect(api.requests).to.deep.equal([]);
  });

  it("refuses other hosts and the pages of other origins, even with the token", async () => {
    const strange: OutgoingHttpHeaders[] = [
      ...["evil.example", `evil.example:${server.port}`, "127.0.0.1", `127.0.0.1:${server.port + 1}`].map((host) => ({
        host,
      })),
      ...[
        "null",
        "",
        "http://evil.example",
        `http://localhost:${server.port + 1}`,
        `https://127.0.0.1:${server.port}`,
      ].map((origin) => ({ origin })),
      ...["cross-site", "same-site"].map((site) => ({ "sec-fetch-site": site })),
    ];
    for (const headers of strange) {
      for (const [method, path] of [
        ["GET", "/types"],
        ["POST", "/jobs"],
        ["OPTIONS", "/jobs"],
        ["GET", "/console/"],
      ] as const) {
        const { status, headers: given } = await call(method, path, headers);
        expect(status, JSON.stringify(headers)).to.equal(403);
        expect(Object.keys(given).filter((name) => name.startsWith("access-control-"))).to.deep.equal([]);
      }
    }
    expect(api.requests).to.deep.equal([]);
    const own = {
      host: `localhost:${server.port}`,
      origin: `http://localhost:${server.port}`,
      "sec-fetch-site": "same-origin",
    };
    expect((await call("GET", "/types", own)).status).to.equal(200);
  });

  it("forwards nothing but the API's own routes, written as they are", async () => {
    const paths = [
      ...[
        "//evil.example/jobs",
        "//jobs",
        "/jobs/",
        "/jobs//retry",
        "/prod/types",
        "/_local/faults",
        "/\\evil.example",
      ],
      ...["/jobs/..", "/jobs/../types", "/jobs/../retry", "/jobs/./retry", "/jobs/%2e%2e/retry", "/jobs/a%2f..%2fb"],
      ...["/jobs/a/../../types", "/types/..;/types", "/types#x", "/TYPES", "/jobs/a b", "/jobs/http://evil.example"],
      ...["/jobs/http:%2f%2fevil.example", "/@evil.example/types", "/.evil.example/types", "/types%00", "/types;x=1"],
    ];
    for (const path of paths) {
      for (const method of ["GET", "POST", "DELETE"]) {
        const text = await rawBytes(
          server.address,
          `${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\nx-console-token: ${token}\r\nconnection: close\r\n\r\n`,
        );
        expect(text, `${method} ${path}`).to.match(/^HTTP\/1\.1 40[04] /);
      }
    }
    for (const target of ["http://evil.example/types", `http://127.0.0.1:${server.port}/types`, "evil.example:80"]) {
      const text = await rawBytes(
        server.address,
        `GET ${target} HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\nx-console-token: ${token}\r\nconnection: close\r\n\r\n`,
      );
      expect(text, target).to.match(/^HTTP\/1\.1 40[03] /);
    }
    for (const [method, path] of [
      ["PUT", "/jobs"],
      ["DELETE", "/types"],
      ["PATCH", "/jobs/a"],
      ["GET", "/jobs/a/retry"],
      ["TRACE", "/types"],
    ] as const) {
      expect((await call(method, path)).status, `${method} ${path}`).to.be.oneOf([400, 404]);
    }
    expect(api.requests).to.deep.equal([]);
  });

  it("forwards reading alone where it may not act", async () => {
    const reading = await start({ readsOnly: "This console only reads" });
    try {
      for (const [method, path] of [
        ["POST", "/jobs"],
        ["DELETE", "/jobs/a"],
        ["POST", "/jobs/a/retry"],
      ] as const) {
        const refused = await call(method, path, {}, undefined, reading);
        expect([refused.status, messageOf(refused)]).to.deep.equal([403, "This console only reads"]);
      }
      expect(api.requests).to.deep.equal([]);
      const read = await call("GET", "/jobs?type=a", {}, undefined, reading);
      expect([read.status, read.headers["x-console-reads-only"]]).to.deep.equal([200, "This console only reads"]);
    } finally {
      await reading.close();
    }
  });

  it("says in words what the API refuses, and what is no answer of an API", async () => {
    const cases: [CannedAnswer, number, RegExp][] = [
      [problem(404, "job-not-found", "No job has the id a"), 404, /^No job has the id a$/],
      [{ status: 403, body: { message: "Forbidden" } }, 403, /refused the request's authorization \(403: Forbidden\)/],
      [
        { status: 503, headers: { "retry-after": "7" }, body: "<html>" },
        503,
        /^The API failed \(503: application\/json of 6 bytes, which is no JSON\) at http:.*\/types$/,
      ],
      [
        { status: 302, headers: { location: "http://evil.example/x?y" } },
        502,
        /redirect to http:\/\/evil\.example\/x, which is not followed/,
      ],
      [
        { body: "<script>alert(1)</script>", headers: { "content-type": "text/html" } },
        502,
        /got status 200 \(text\/html of 25 bytes, which is no JSON\)/,
      ],
      [{ body: "" }, 502, /got status 200/],
    ];
    for (const [canned, status, words] of cases) {
      answer = () => canned;
      const answered = await call("GET", "/types");
      const { detail } = JSON.parse(answered.text) as { detail: string };
      expect([answered.status, answered.headers["content-type"]]).to.deep.equal([status, "application/problem+json"]);
      expect(detail).to.match(words);
      expect(answered.headers["retry-after"]).to.equal(status === 503 ? "7" : undefined);
    }
    expect(api.requests).to.have.length(cases.length);
    answer = () => "cut";
    const cut = await call("GET", "/types");
    expect([cut.status, messageOf(cut)]).to.match(/502,Could not reach http:\/\/127\.0\.0\.1/);
  });

  it("says that the API hangs, and drops a call that the page has given up", async () => {
    answer = () => "hang";
    const hasty = await start({}, { requestTimeoutSeconds: 0.05 });
    const late = await call("GET", "/types", {}, undefined, hasty);
    expect([late.status, messageOf(late)]).to.match(/502,Could not reach .*: no answer within 0.05 s/);
    await hasty.close();
    const page = new AbortController();
    let drop: () => void;
    const dropped = new Promise<void>((resolve) => (drop = resolve));
    const exchange: Connection["exchange"] = ({ signal }) => {
      signal!.addEventListener("abort", () => drop());
      page.abort();
      return new Promise(() => undefined);
    };
    const patient = await start({ connection: { exchange } });
    const headers = { "x-console-token": token };
    await fetch(`${patient.address}/types`, { headers, signal: page.signal }).catch(() => undefined);
    await dropped;
    await patient.close();
  });

  it("refuses a body that no API takes, before all of it has come", async () => {
    const large = await call("POST", "/jobs", {}, "x".repeat(limits.maxBodyBytes + 1));
    expect([large.status, messageOf(large)]).to.deep.equal([413, "Expected a body of at most 5000000 bytes, got more"]);
    const start = `POST /jobs HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\nx-console-token: ${token}\r\ncontent-length: 1000000000\r\n\r\n`;
    expect(await rawBytes(server.address, start + "x".repeat(limits.maxBodyBytes + 1), 1)).to.match(/^HTTP\/1\.1 413 /);
    expect(api.requests).to.deep.equal([]);
  });
});
