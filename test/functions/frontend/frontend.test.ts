import { expect } from "chai";
import { type ProblemCode, type ProblemDocument, problems } from "../../../contract/http/problem";
import type { JobType } from "../../../contract/jobType";
import { limits } from "../../../contract/limits";
import { listKeyOf } from "../../../contract/records/listKey";
import type { JobRecord } from "../../../contract/records/record";
import type { RunWithin } from "../../../contract/schema/schemaCheck";
import { checksum, FakeFrontend, type ParsedAnswer, wordCount } from "../support/fakeFrontend";

const job = { type: "word-count", payload: { text: "a b" } };

function expectProblem(answer: ParsedAnswer, code: ProblemCode, ...paths: string[]): void {
  expect(answer.problem).to.include({ code, status: answer.status, type: "about:blank", title: problems[code].title });
  expect(answer.status).to.equal(problems[code].status);
  expect(answer.headers["content-type"]).to.equal("application/problem+json");
  expect(answer.problem.detail).to.be.a("string").with.length.greaterThan(0);
  expect((answer.problem.errors ?? []).map(({ path }) => path)).to.deep.equal(paths);
}

describe("frontend", () => {
  let frontend: FakeFrontend;
  beforeEach(() => {
    frontend = new FakeFrontend();
  });

  describe("POST /jobs", () => {
    it("records the job, then publishes it, then answers 202", async () => {
      const answer = await frontend.request("POST", "/jobs", { ...job, tenant: "acme" });
      expect(answer.status).to.equal(202);
      expect(answer.headers).to.include({ location: "/jobs/new-1", "content-type": "application/json" });
      expect(answer.json).to.deep.equal({
        id: "new-1",
        type: "word-count",
        state: "queued",
        links: { self: "/jobs/new-1" },
      });
      expect(frontend.happened).to.deep.equal(["record new-1", "publish new-1"]);
      expect(frontend.published).to.deep.equal([
        { version: 1, id: "new-1", ...job, submittedAt: "2026-11-02T10:00:00.000Z", tenant: "acme" },
      ]);
      expect(frontend.batches[0]![0]!.attributes).to.deep.equal({
        type: { DataType: "String", StringValue: "word-count" },
      });
      const { digest, ...record } = frontend.record("new-1")!;
      expect(digest).to.match(/^[\w-]{43}$/);
      expect(record).to.deep.equal({
        id: "new-1",
        type: "word-count",
        state: "queued",
        attempts: 0,
        tenant: "acme",
        submittedAt: "2026-11-02T10:00:00.000Z",
        listKey: listKeyOf("word-count", "new-1"),
      });
    });

    it("takes the client's id", async () => {
      const answer = await frontend.request("POST", "/jobs", { ...job, id: "Order_7.a-b" });
      expect(answer.headers.location).to.equal("/jobs/Order_7.a-b");
      expect(frontend.record("Order_7.a-b")).to.include({ state: "queued" });
    });

    it("never logs a payload", async () => {
      const secret = "correct horse battery staple";
      await frontend.request("POST", "/jobs", { ...job, payload: { text: secret } });
      await frontend.request("POST", "/jobs", `{"type": "${secret}`);
      const failing = new FakeFrontend({ publish: () => Promise.reject(new Error("no")) });
      await failing.request("POST", "/jobs", { ...job, payload: secret });
      expect(JSON.stringify([frontend.lines, failing.lines])).to.not.contain("horse");
    });

    it("holds a job back for a delay or until a time, and says so", async () => {
      for (const delay of [{ delaySeconds: 90 }, { runAt: "2026-11-02T11:01:30+01:00" }]) {
        frontend = new FakeFrontend();
        const submission = { ...job, id: "later", ...delay };
        expect((await frontend.request("POST", "/jobs", submission)).status).to.equal(202);
        expect(frontend.published[0]).to.include({ notBefore: "2026-11-02T10:01:30.000Z" });
        const { json } = await frontend.request("GET", "/jobs/later");
        expect(json)
          .to.include({ state: "queued", runAt: "2026-11-02T10:01:30.000Z" })
          .and.not.have.property("notBefore");
        expect((await frontend.request("POST", "/jobs", submission)).status).to.equal(202);
        expect((await frontend.request("POST", "/jobs", { ...job, id: "later" })).status).to.equal(409);
      }
    });

    it("runs a job at once whose time has come, and keeps the first submission's time for a replay", async () => {
      await frontend.request("POST", "/jobs", { ...job, id: "a", runAt: "2026-11-02T10:00:00Z" });
      await frontend.request("POST", "/jobs", { ...job, id: "b", delaySeconds: 0 });
      for (const envelope of frontend.published) expect(envelope).not.to.have.property("notBefore");
      let time = Date.parse("2026-11-02T10:00:00Z");
      const later = new FakeFrontend({ now: () => time });
      for (; time < Date.parse("2026-11-02T10:00:30Z"); time += 10_000) {
        await later.request("POST", "/jobs", { ...job, id: "c", delaySeconds: 60 });
      }
      expect(later.published.map(({ notBefore }) => notBefore)).to.deep.equal(
        Array(3).fill("2026-11-02T10:01:00.000Z"),
      );
    });

    it("has a schedule publish a job that SQS can't delay for so long, and again on a replay", async () => {
      const later = { ...job, id: "later", delaySeconds: 901 };
      expect((await frontend.request("POST", "/jobs", later)).status).to.equal(202);
      expect(frontend.happened).to.deep.equal(["record later", "schedule later"]);
      expect(frontend.scheduled[0]).to.include({ id: "later", notBefore: "2026-11-02T10:15:01.000Z" });
      expect((await frontend.request("POST", "/jobs", later)).status).to.equal(202);
      expect(frontend.happened.slice(2)).to.deep.equal(["schedule later"]);
      await frontend.request("POST", "/jobs", { ...job, id: "soon", delaySeconds: 900 });
      expect(frontend.happened.slice(3)).to.deep.equal(["record soon", "publish soon"]);
    });

    it("answers 503 where the schedule can't be made, and without records 413 where it can't hold the job", async () => {
      const refuse = () => Promise.reject(new Error("no"));
      const refused = new FakeFrontend({ later: { topicArn: "t", schedule: refuse, unschedule: refuse } });
      const later = { ...job, id: "later", delaySeconds: 901 };
      expectProblem(await refused.request("POST", "/jobs", later), "unavailable");
      expect(refused.record("later")).to.include({ state: "queued" });
      const quotes = { ...later, payload: '"'.repeat(100_000) };
      const bare = new FakeFrontend({ records: null });
      expectProblem(await bare.request("POST", "/jobs", quotes), "payload-too-large", "/payload");
      expect(bare.happened).to.deep.equal([]);
      expect((await bare.request("POST", "/jobs", { ...quotes, delaySeconds: 900 })).status).to.equal(202);
      const large = { ...later, payload: "a".repeat(239_998) };
      expect((await frontend.request("POST", "/jobs", { ...large, id: "large" })).status).to.equal(202);
    });

    it("refuses a time too far ahead", async () => {
      const runAt = new Date(Date.parse("2026-11-02T10:00:00.001Z") + limits.maxDelaySeconds * 1_000).toISOString();
      const answer = await frontend.request("POST", "/jobs", { ...job, runAt });
      expectProblem(answer, "invalid-request", "/runAt");
      expect(frontend.happened).to.deep.equal([]);
    });

    it("takes every JSON content type, and a base64 body", async () => {
      for (const type of ["application/json; charset=utf-8", "Application/JSON", "application/vnd.acme+json"]) {
        const answer = await frontend.request("POST", "/jobs", job, { headers: { "Content-Type": type } });
        expect(answer.status, type).to.equal(202);
      }
      const body = Buffer.from(JSON.stringify({ ...job, payload: "größe 😀" })).toString("base64");
      expect((await frontend.request("POST", "/jobs", body, { isBase64Encoded: true })).status).to.equal(202);
      expect(frontend.published.at(-1)!.payload).to.equal("größe 😀");
    });

    it("keeps __proto__ a key like any other", async () => {
      const answer = await frontend.request("POST", "/jobs", '{"type":"word-count","payload":{"__proto__":{"x":1}}}');
      expect(answer.status).to.equal(202);
      expect(frontend.batches[0]![0]!.body).to.contain('{"__proto__":{"x":1}}');
      expectProblem(
        await frontend.request("POST", "/jobs", '{"__proto__":{"type":"word-count","payload":1}}'),
        "invalid-request",
        "/type",
        "/payload",
        "/__proto__",
      );
      expect({}).to.not.have.property("x");
    });
  });

  describe("bad input", () => {
    afterEach(() => {
      expect(frontend.happened).to.deep.equal([]);
    });

    it("answers malformed JSON with 400", async () => {
      for (const body of ["{", "", undefined, "\u0000", "{'a':1}", "NaN", "[".repeat(100_000)]) {
        expectProblem(await frontend.request("POST", "/jobs", body), "malformed-json");
      }
    });

    it("answers bytes that are not UTF-8 with 400", async () => {
      const body = Buffer.from([0x22, 0xff, 0xfe, 0x22]).toString("base64");
      expectProblem(await frontend.request("POST", "/jobs", body, { isBase64Encoded: true }), "malformed-json");
    });

    it("answers other content types, and none, with 415", async () => {
      for (const headers of [
        { "content-type": "text/plain" },
        { "content-type": "application/jsonp" },
        { "content-type": "" },
        { "content-type": "text/json".repeat(10_000) },
        {},
        undefined,
      ]) {
        expectProblem(await frontend.request("POST", "/jobs", job, { headers }), "unsupported-media-type");
      }
    });

    it("answers the wrong shape with 400 and the paths at fault", async () => {
      for (const body of ["null", "[]", '"job"', "1", "[".repeat(100_000) + "]".repeat(100_000)]) {
        expectProblem(await frontend.request("POST", "/jobs", body), "invalid-request", "");
      }
      expectProblem(await frontend.request("POST", "/jobs", {}), "invalid-request", "/type", "/payload");
      expectProblem(await frontend.request("POST", "/jobs", { ...job, type: 7 }), "invalid-request", "/type");
      expectProblem(await frontend.request("POST", "/jobs", { ...job, id: "a b" }), "invalid-request", "/id");
      expectProblem(await frontend.request("POST", "/jobs", { ...job, tenant: "" }), "invalid-request", "/tenant");
    });

    it("answers 100,000 levels of nesting with 400", async () => {
      const deep = "[".repeat(100_000) + "]".repeat(100_000);
      const body = `{"type":"word-count","payload":${deep}}`;
      expectProblem(await frontend.request("POST", "/jobs", body), "invalid-request", "/payload");
    });

    it("answers a payload over the limit with 413, and one with other faults as well with 400", async () => {
      const payload = "a".repeat(3_000_000);
      expectProblem(await frontend.request("POST", "/jobs", { ...job, payload }), "payload-too-large", "/payload");
      const both = await frontend.request("POST", "/jobs", { type: 1, payload });
      expectProblem(both, "invalid-request", "/type", "/payload");
    });

    it("answers an unknown type with 422", async () => {
      for (const type of ["transcode", "constructor", "to-string"]) {
        expectProblem(await frontend.request("POST", "/jobs", { ...job, type }), "unknown-type", "/type");
      }
    });

    it("answers unknown paths with 404", async () => {
      for (const path of ["/", "", "/job", "/jobs/a/b", "/health/x", "/JOBS", "/".repeat(100_000)]) {
        expectProblem(await frontend.request("GET", path), "unknown-path");
      }
    });

    it("answers a method that the path does not take with 405 and those that it does", async () => {
      const allowed: [string, string, string][] = [
        ["PUT", "/jobs", "POST, GET, HEAD"],
        ["DELETE", "/jobs", "POST, GET, HEAD"],
        ["PUT", "/jobs/batch", "POST, GET, HEAD, DELETE"],
        ["PUT", "/jobs/a", "GET, HEAD, DELETE"],
        ["POST", "/types", "GET, HEAD"],
        ["OPTIONS", "/health", "GET, HEAD"],
        ["get", "/health", "GET, HEAD"],
      ];
      for (const [method, path, allow] of allowed) {
        const answer = await frontend.request(method, path);
        expect([answer.status, answer.headers.allow], `${method} ${path}`).to.deep.equal([405, allow]);
        if (method !== "HEAD") expectProblem(answer, "method-not-allowed");
      }
    });

    it("refuses an empty or absurd Idempotency-Key", async () => {
      for (const key of ["", "k".repeat(256)]) {
        const headers = { "content-type": "application/json", "idempotency-key": key };
        expectProblem(await frontend.request("POST", "/jobs", job, { headers }), "invalid-request");
      }
    });
  });

  describe("POST /jobs with the id of a job whose message was given up as gone", () => {
    it("says that it has failed, as GET does, and publishes nothing, whether the end is written yet or not", async () => {
      const again = { ...job, id: "again" };
      await frontend.request("POST", "/jobs", again);
      const record = frontend.record("again")!;
      const lost: Partial<JobRecord>[] = [
        { submittedAt: "2026-10-17T10:00:00.000Z" },
        { ...{ state: "running", attempts: 1, leaseUntil: 1 }, submittedAt: "2026-10-01T10:00:00.000Z" },
        { state: "failed" },
      ];
      for (const fields of lost) {
        frontend.put({ ...record, ...fields });
        const answer = await frontend.request("POST", "/jobs", again);
        expect(answer.status).to.equal(202);
        expect(answer.json).to.include({ state: "failed" });
        expect((await frontend.request("GET", "/jobs/again")).json).to.include({ state: "failed" });
      }
      expect(frontend.published).to.have.length(1);
      frontend.put({ ...record, submittedAt: "2026-10-18T10:00:00.000Z" });
      await frontend.request("POST", "/jobs", again);
      expect(frontend.published).to.have.length(2);
    });
  });

  describe("without records", () => {
    it("publishes every submission, and says that jobs are not tracked", async () => {
      const untracked = new FakeFrontend({ records: null });
      const job = { id: "again", type: "word-count", payload: 1 };
      const first = await untracked.request("POST", "/jobs", job);
      expect(first.status).to.equal(202);
      expect(first.json).to.deep.equal({ id: "again", type: "word-count", state: "queued" });
      expect(first.headers).not.to.have.property("location");
      await untracked.request("POST", "/jobs", job);
      expect(untracked.published.map(({ id }) => id)).to.deep.equal(["again", "again"]);
      expect((await untracked.request("GET", "/jobs/again")).problem).to.include({ status: 404, code: "tracking-off" });
    });
  });

  describe("GET /jobs/{id}", () => {
    const record: JobRecord = {
      id: "a",
      type: "word-count",
      state: "running",
      attempts: 1,
      digest: "d",
      tenant: "t",
      submittedAt: "2026-11-02T10:00:00.000Z",
      startedAt: "2026-11-02T10:00:01.000Z",
      progress: { fraction: 0.5, note: "half" },
      worker: "i-1",
      messageId: "m",
      leaseUntil: Date.parse("2026-11-02T10:01:00.000Z"),
    };

    it("shows the public part of the record, without what is not there", async () => {
      frontend.put(record);
      const answer = await frontend.request("GET", "/jobs/a");
      expect(answer.status).to.equal(200);
      expect(answer.json).to.deep.equal({
        id: "a",
        type: "word-count",
        state: "running",
        tenant: "t",
        attempts: 1,
        progress: { fraction: 0.5, note: "half" },
        submittedAt: "2026-11-02T10:00:00.000Z",
        startedAt: "2026-11-02T10:00:01.000Z",
      });
      expect(answer.headers["cache-control"]).to.equal("no-store");
    });

    it("shows result and error", async () => {
      const error = { name: "TypeError", message: "no" };
      frontend.put({ ...record, state: "failed", result: null, error, finishedAt: "2026-11-02T10:00:02.000Z" });
      const { json } = await frontend.request("GET", "/jobs/a");
      expect(json).to.deep.include({ result: null, error, finishedAt: "2026-11-02T10:00:02.000Z" });
    });

    it("shows a job that is named batch", async () => {
      frontend.put({ ...record, id: "batch" });
      expect((await frontend.request("GET", "/jobs/batch")).json).to.include({ id: "batch" });
    });

    it("answers an unknown or impossible id with 404", async () => {
      for (const id of ["b", "a%20b", "é", "a".repeat(81), "a".repeat(100_000), "__proto__"]) {
        expectProblem(await frontend.request("GET", `/jobs/${id}`), "job-not-found");
      }
    });

    it("answers HEAD as GET, without the body", async () => {
      frontend.put(record);
      const answer = await frontend.request("HEAD", "/jobs/a");
      expect([answer.status, answer.text]).to.deep.equal([200, ""]);
      expect((await frontend.request("HEAD", "/jobs/b")).text).to.equal("");
    });
  });

  it("lists the types with the queues of each, for those who may use them", async () => {
    const { status, json } = await frontend.request("GET", "/types");
    expect(status).to.equal(200);
    const counts = { deadLetters: 3 };
    const shown = [wordCount, checksum].map((type) => ({ ...type, counts, fleet: undefined }));
    expect(json).to.deep.equal(JSON.parse(JSON.stringify({ types: shown })));
  });

  it("lists the types without their queues, where callers may be outside of the account", async () => {
    const { json } = await new FakeFrontend({ hidesQueues: true }).request("GET", "/types");
    const shown = { type: "word-count", timeoutSeconds: 900, maxAttempts: 3, counts: { deadLetters: 3 } };
    expect(json).to.deep.equal({ types: [shown, { ...shown, type: "checksum" }] });
  });

  it("says of a type why its workers don't start, and lists the types where that can't be read", async () => {
    const asked: string[][] = [];
    const readFleets = (types: string[]) => {
      asked.push(types);
      return Promise.resolve({ checksum: { launchProblem: "no capacity" } });
    };
    const troubled = new FakeFrontend({ readFleets });
    const { types } = (await troubled.request("GET", "/types")).json as { types: Record<string, unknown>[] };
    expect(types.map(({ launchProblem }) => launchProblem)).to.deep.equal([undefined, "no capacity"]);
    expect(asked).to.deep.equal([["word-count", "checksum"]]);
    const blind = new FakeFrontend({ readFleets: () => Promise.reject(new Error("throttled")) });
    const { status, json } = await blind.request("GET", "/types");
    expect(status).to.equal(200);
    expect((json as { types: unknown[] }).types).to.have.length(2);
    expect(blind.lines).to.deep.equal([
      { level: "warn", event: "counts-not-read", fields: { error: { name: "Error", message: "throttled" } } },
    ]);
  });

  it("answers GET /health without asking AWS", async () => {
    const refuse = () => Promise.reject(new Error("AWS was asked"));
    const cut = new FakeFrontend({
      records: { create: refuse, read: refuse },
      jobTypes: { find: refuse, list: refuse },
    });
    expect((await cut.request("GET", "/health")).json).to.deep.equal({ status: "ok" });
  });

  describe("when AWS refuses", () => {
    const throttled = Object.assign(new Error("Rate exceeded"), { name: "ThrottlingException" });
    const refuse = () => Promise.reject(throttled);

    function expectUnavailable(answer: ParsedAnswer): void {
      expectProblem(answer, "unavailable");
      expect(answer.headers["retry-after"]).to.match(/^\d+$/);
    }

    it("answers 503 and publishes nothing where the record can't be written", async () => {
      const broken = new FakeFrontend({ records: { create: refuse, read: refuse } });
      expectUnavailable(await broken.request("POST", "/jobs", job));
      expect(broken.published).to.deep.equal([]);
      expect(broken.lines).to.deep.equal([
        {
          level: "error",
          event: "job-not-recorded",
          fields: {
            jobId: "new-1",
            jobType: "word-count",
            error: { name: "ThrottlingException", message: "Rate exceeded" },
          },
        },
      ]);
    });

    it("answers 503 if the types can't be read, which says nothing about the job", async () => {
      const broken = new FakeFrontend({ jobTypes: { find: refuse, list: refuse } });
      expectUnavailable(await broken.request("POST", "/jobs", job));
      expectUnavailable(await broken.request("GET", "/types"));
      expect(broken.happened).to.deep.equal([]);
    });

    it("answers 503 where the record can't be read", async () => {
      const broken = new FakeFrontend({ records: { create: refuse, read: refuse } });
      expectUnavailable(await broken.request("GET", "/jobs/a"));
      expect((await broken.request("HEAD", "/jobs/a")).text).to.equal("");
    });

    it("answers 503 where publishing fails, names the id to try again with, and keeps the record", async () => {
      for (const publish of [refuse, () => Promise.resolve([throttled])]) {
        const broken = new FakeFrontend({ publish });
        const answer = await broken.request("POST", "/jobs", job);
        expectUnavailable(answer);
        expect(answer.problem.detail).to.contain("new-1");
        expect(broken.record("new-1")).to.include({ state: "queued", attempts: 0 });
        expect(broken.lines.at(-1)).to.deep.include({ level: "error", event: "job-not-published" });
      }
    });
  });
});

describe("DELETE /jobs/{id}", () => {
  const queued: JobRecord = {
    id: "a",
    type: "word-count",
    state: "queued",
    attempts: 0,
    submittedAt: "2026-11-02T09:00:00.000Z",
  };
  const now = "2026-11-02T10:00:00.000Z";
  let frontend: FakeFrontend;
  beforeEach(() => {
    frontend = new FakeFrontend();
  });

  it("ends a job that waits, and shows it", async () => {
    frontend.put(queued);
    const answer = await frontend.request("DELETE", "/jobs/a");
    expect(answer.status).to.equal(202);
    expect(answer.json).to.deep.equal({ ...queued, state: "cancelled", cancelRequestedAt: now, finishedAt: now });
    expect((await frontend.request("GET", "/jobs/a")).json).to.deep.equal(answer.json);
  });

  it("announces the end of a job that waited, not that of one that runs, and answers where that fails", async () => {
    const ends: string[] = [];
    const announce = ({ id, state }: JobRecord) => (ends.push(`${id} ${state}`), Promise.reject(new Error("no")));
    frontend = new FakeFrontend({ announce });
    frontend.put(queued);
    frontend.put({ ...queued, id: "b", state: "running", attempts: 1 });
    for (const id of ["a", "b"]) expect((await frontend.request("DELETE", `/jobs/${id}`)).status).to.equal(202);
    expect(ends).to.deep.equal(["a cancelled"]);
    expect(frontend.lines.map(({ event }) => event)).to.deep.equal(["completion-event-not-published"]);
  });

  it("removes the schedule of one that was to run much later, once its end is announced, and of no other", async () => {
    const announce = ({ id }: JobRecord) => Promise.resolve(void frontend.happened.push(`announce ${id}`));
    frontend = new FakeFrontend({ announce });
    const ids = { soon: 900, later: 901, "next-year": 31_536_000 };
    for (const [id, delaySeconds] of Object.entries(ids)) {
      await frontend.request("POST", "/jobs", { type: "word-count", payload: 1, id, delaySeconds });
    }
    frontend.put({ ...queued, id: "running", state: "running", attempts: 1, notBefore: "2026-11-02T09:30:00.000Z" });
    frontend.happened.length = 0;
    for (const id of [...Object.keys(ids), "a", "running"]) {
      if (id === "a") frontend.put(queued);
      expect((await frontend.request("DELETE", `/jobs/${id}`)).status).to.equal(202);
    }
    expect(frontend.happened.filter((what) => !what.startsWith("cancel"))).to.deep.equal([
      ...["announce soon", "announce later", "unschedule later", "announce next-year", "unschedule next-year"],
      "announce a",
    ]);
  });

  it("keeps the schedule if the end can't be announced, since its message announces it, and answers if it can't be removed", async () => {
    const refuse = () => Promise.reject(new Error("no"));
    const far = { ...queued, notBefore: "2027-11-02T10:00:00.000Z" };
    frontend = new FakeFrontend({ announce: refuse });
    frontend.put(far);
    expect((await frontend.request("DELETE", "/jobs/a")).status).to.equal(202);
    expect(frontend.happened).to.deep.equal(["cancel a"]);
    const later = { topicArn: "t", schedule: refuse, unschedule: refuse };
    frontend = new FakeFrontend({ later });
    frontend.put(far);
    expect((await frontend.request("DELETE", "/jobs/a")).json).to.include({ state: "cancelled" });
    expect(frontend.lines.map(({ event }) => event)).to.deep.equal(["schedule-not-removed"]);
  });

  it("requests the end of a running job, any number of times", async () => {
    frontend.put({ ...queued, state: "running", attempts: 1, cancelRequestedAt: undefined });
    for (let times = 0; times < 2; times++) {
      const answer = await frontend.request("DELETE", "/jobs/a");
      expect([answer.status, answer.json]).to.deep.equal([
        202,
        { ...queued, state: "running", attempts: 1, cancelRequestedAt: now },
      ]);
    }
  });

  it("answers 409 for a job that has ended, however", async () => {
    for (const state of ["succeeded", "failed", "cancelled"] as const) {
      frontend.put({ ...queued, state });
      expectProblem(await frontend.request("DELETE", "/jobs/a"), "job-finished");
      expect(frontend.record("a")).to.deep.equal({ ...queued, state });
    }
    frontend.put({ ...queued, submittedAt: "2026-10-01T00:00:00.000Z" });
    expectProblem(await frontend.request("DELETE", "/jobs/a"), "job-finished");
  });

  it("answers 404 for other jobs, and for all if jobs are not tracked", async () => {
    expectProblem(await frontend.request("DELETE", "/jobs/b"), "job-not-found");
    expectProblem(await frontend.request("DELETE", "/jobs/.."), "job-not-found");
    expectProblem(await new FakeFrontend({ records: null }).request("DELETE", "/jobs/a"), "tracking-off");
  });

  it("reads again if a worker is faster, and keeps its success", async () => {
    frontend = new FakeFrontend({
      records: {
        requestCancel: async () => {
          frontend.put({ ...queued, state: "succeeded", attempts: 1 });
          return undefined;
        },
      },
    });
    frontend.put(queued);
    expectProblem(await frontend.request("DELETE", "/jobs/a"), "job-finished");
    expect(frontend.record("a")).to.include({ state: "succeeded" });
  });

  it("answers 503 for a record that keeps changing", async () => {
    frontend = new FakeFrontend({ records: { requestCancel: async () => undefined } });
    frontend.put(queued);
    expectProblem(await frontend.request("DELETE", "/jobs/a"), "unavailable");
  });
});

describe("a type with a payloadSchema", () => {
  const payloadSchema = { type: "object", properties: { text: { type: "string" } }, required: ["text"] };
  const typed: JobType = { ...wordCount, payloadSchema };
  let frontend: FakeFrontend;
  beforeEach(() => {
    frontend = new FakeFrontend({}, [typed]);
  });

  it("takes what fits", async () => {
    expect((await frontend.request("POST", "/jobs", job)).status).to.equal(202);
  });

  it("refuses other payloads with 422 and their paths, and keeps nothing of them", async () => {
    expectProblem(
      await frontend.request("POST", "/jobs", { ...job, payload: { text: 1 } }),
      "invalid-payload",
      "/payload/text",
    );
    const batch = await frontend.request("POST", "/jobs/batch", { jobs: [job, { ...job, payload: null }] });
    const { results } = batch.json as { results: { status: number; problem?: { code: string } }[] };
    expect(results.map(({ status, problem }) => [status, problem?.code])).to.deep.equal([
      [202, undefined],
      [422, "invalid-payload"],
    ]);
    expect(frontend.items.size).to.equal(1);
  });

  it("takes the schema of a new deployment as soon as the type shows it", async () => {
    const types = [typed];
    frontend = new FakeFrontend({}, types);
    expect((await frontend.request("POST", "/jobs", { ...job, payload: 1 })).status).to.equal(422);
    types[0] = { ...typed, payloadSchema: { type: "number" } };
    expect((await frontend.request("POST", "/jobs", { ...job, payload: 1 })).status).to.equal(202);
  });

  it("shows the schema and the queues", async () => {
    const { json } = await frontend.request("GET", "/types");
    const { type, queueUrl, deadLetterQueueUrl, timeoutSeconds, maxAttempts } = wordCount;
    expect(json).to.deep.equal({
      types: [
        { type, timeoutSeconds, maxAttempts, payloadSchema, queueUrl, deadLetterQueueUrl, counts: { deadLetters: 3 } },
      ],
    });
  });

  it("never runs what a table holds, and answers 503 where that is no schema", async () => {
    const globals = globalThis as { wasRun?: boolean };
    const code = "globalThis.wasRun = true; module.exports = () => true";
    for (const foreign of [
      { payloadValidator: code },
      { payloadSchema: { $ref: code } },
      { payloadSchema: { pattern: `(?{${code}})` } },
      { payloadSchema: { properties: { [code]: { const: code }, constructor: { $id: code } }, $defs: { x: code } } },
    ]) {
      const { status } = await new FakeFrontend({}, [{ ...typed, ...foreign }]).request("POST", "/jobs", {
        ...job,
        payload: { text: "a", constructor: 1 },
      });
      expect(status).to.be.oneOf([202, 503]);
      expect(globals.wasRun).to.equal(undefined);
    }
  });

  it("refuses a payload whose check costs too much with 422, never 500, and accepts the batch's other jobs", async () => {
    const mail = "^([a-zA-Z0-9])(([\\-.]|[_]+)?([a-zA-Z0-9]+))*(@){1}[a-z0-9]+$";
    frontend = new FakeFrontend({}, [{ ...typed, payloadSchema: { properties: { text: { pattern: mail } } } }]);
    const slow = { ...job, payload: { text: "a".repeat(60) } };
    const fine = { ...job, payload: { text: "a@a" } };
    const batch = await frontend.request("POST", "/jobs/batch", { jobs: [slow, fine] });
    const { results } = batch.json as { results: { status: number; problem?: ProblemDocument }[] };
    expect(results.map(({ status }) => status)).to.deep.equal([422, 202]);
    expect(results[0]!.problem!.errors![0]!.path).to.equal("/jobs/0/payload/text");
    expect(results[0]!.problem!.detail).to.include("within 1000 ms");
  });

  it("leaves a batch's rest for another time once its checks took 8 s", async () => {
    let time = Date.parse("2026-11-02T10:00:00Z");
    const runWithin: RunWithin = (milliseconds) => {
      time += milliseconds;
      return false;
    };
    const payloadSchema = { properties: { text: { pattern: "^a" } } };
    frontend = new FakeFrontend({ runWithin, now: () => time }, [{ ...typed, payloadSchema }]);
    const batch = await frontend.request("POST", "/jobs/batch", { jobs: Array.from({ length: 12 }, () => job) });
    const { results } = batch.json as { results: { status: number }[] };
    expect(results.map(({ status }) => status)).to.deep.equal([...Array<number>(9).fill(422), 503, 503, 503]);
  });
});
