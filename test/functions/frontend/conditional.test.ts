import { expect } from "chai";
import type { Route } from "../../../contract/http/route";
import { routes } from "../../../contract/http/routes";
import type { JobRecord } from "../../../contract/records/record";
import { FakeFrontend } from "../support/fakeFrontend";

const queued: JobRecord = {
  ...{ id: "a", type: "word-count", state: "queued", attempts: 0, digest: "x" },
  submittedAt: "2026-11-02T09:00:00.000Z",
};

describe("a conditional request", () => {
  let at: number;
  let frontend: FakeFrontend;
  beforeEach(async () => {
    at = Date.parse("2026-11-02T10:00:00Z");
    frontend = new FakeFrontend({ now: () => at, newId: () => "a" });
    await frontend.request("POST", "/actions", { action: "cancel", ids: ["none"] });
    frontend.put(queued);
  });

  const get = (path: string, held?: string, method = "GET") =>
    frontend.request(method, path, undefined, { headers: held === undefined ? {} : { "If-None-Match": held } });

  for (const { method, path } of Object.values<Route>(routes).filter((route) => route.method === "GET")) {
    it(`${method} ${path} is answered 304 without a body while the answer is the same`, async () => {
      const actual = path.replace("{id}", "a").replace("{type}", "word-count");
      const first = await get(actual);
      expect(first.status).to.equal(200);
      expect(first.headers.etag).to.match(/^W\/"[\w-]{43}"$/);
      at += 1_000;
      const again = await get(actual, first.headers.etag);
      expect([again.status, again.text, again.headers.etag]).to.deep.equal([304, "", first.headers.etag]);
      const head = await get(actual, undefined, "HEAD");
      expect([head.status, head.text, head.headers.etag]).to.deep.equal([200, "", first.headers.etag]);
      expect((await get(actual, first.headers.etag, "HEAD")).status).to.equal(304);
    });
  }

  it("is answered whole once anything but the time of the knowledge has changed", async () => {
    const { json, headers } = await get("/jobs/a");
    const held = headers.etag!;
    expect((json as { waiting: object }).waiting).to.have.property("asOf", "2026-11-02T10:00:00.000Z");
    const changes: Partial<JobRecord>[] = [{ attempts: 1 }, { labels: { asof: "2026-11-02T10:00:00.000Z" } }];
    for (const change of changes) {
      frontend.put({ ...queued, ...change });
      expect((await get("/jobs/a", held)).status, JSON.stringify(change)).to.equal(200);
    }
    frontend.put({ ...queued, state: "running", progress: { fraction: 0.5, note: `"asOf":"2026Z"` } });
    const noted = await get("/jobs/a", held);
    expect(noted.status).to.equal(200);
    frontend.put({ ...queued, state: "running", progress: { fraction: 0.5, note: `"asOf":"2027Z"` } });
    expect((await get("/jobs/a", noted.headers.etag)).status).to.equal(200);
  });

  it("may name several tags, strong or weak, or any", async () => {
    const tag = (await get("/types")).headers.etag!;
    for (const held of [`"b", ${tag}`, tag.slice(2), ` ${tag} , W/"c"`, "*"]) {
      expect((await get("/types", held)).status, held).to.equal(304);
    }
    for (const held of ["", '"b"', tag.slice(3, -1), `${tag.slice(0, -2)}"`, "**"]) {
      expect((await get("/types", held)).status, held).to.equal(200);
    }
  });

  it("gets refusals whole, without a tag", async () => {
    const answer = await get("/jobs/none", "*");
    expect(answer.problem.code).to.equal("job-not-found");
    expect(answer.headers).to.not.have.property("etag");
  });

  it("means nothing to other methods", async () => {
    const cancelled = await get("/jobs/a", "*", "DELETE");
    expect(cancelled.status).to.equal(202);
    expect(cancelled.headers).to.not.have.property("etag");
  });
});
