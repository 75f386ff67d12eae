import { createHash } from "node:crypto";
import { expect } from "chai";
import { limits } from "../../../../contract/limits";
import { payloadKey } from "../../../../contract/records/largeValues";
import { FakeFrontend, wordCount } from "../../support/fakeFrontend";

const { maxPayloadBytes, maxSentPayloadBytes } = limits;

/** A text of so many bytes as JSON. */
const textOf = (bytes: number) => "a".repeat(bytes - 2);

const large = { text: textOf(300_000), count: 1 };
const refOf = (payload: unknown) => {
  const text = JSON.stringify(payload);
  return { bytes: Buffer.byteLength(text), sha256: createHash("sha256").update(text).digest("hex") };
};
const job = { type: "word-count", id: "a", payload: large };
const keyOf = (payload: unknown, days = 42, id = "a") =>
  payloadKey({ type: "word-count", id }, { days, sha256: refOf(payload).sha256 });

describe("a payload within a request", () => {
  let frontend: FakeFrontend;
  beforeEach(() => {
    frontend = new FakeFrontend();
  });
  const submit = (body: object) => frontend.request("POST", "/jobs", body);
  const objects = () => [...frontend.largeValues.objects.keys()];

  it("is in the message up to what that holds, and beyond in S3, up to three million bytes", async () => {
    await submit({ ...job, id: "small", payload: textOf(maxPayloadBytes) });
    expect(frontend.published[0]).to.have.property("payload");
    for (const [index, bytes] of [maxPayloadBytes + 1, maxSentPayloadBytes].entries()) {
      const payload = textOf(bytes);
      expect((await submit({ ...job, id: `large-${index}`, payload })).status).to.equal(202);
      const { payload: inline, payloadRef } = frontend.published.at(-1)!;
      expect(inline).to.equal(undefined);
      expect(payloadRef).to.deep.equal({ ...refOf(payload), bytes, days: 42 });
      expect(objects()[index]).to.equal(keyOf(payload, 42, `large-${index}`));
    }
    expect(objects()).to.have.length(2);
  });

  it("is refused beyond, with the way to upload it", async () => {
    const { problem } = await submit({ ...job, payload: textOf(maxSentPayloadBytes + 1) });
    expect(problem).to.include({ status: 413, code: "payload-too-large" });
    expect(problem.errors).to.deep.equal([
      {
        path: "/payload",
        message: "Expected at most 3000000 bytes of JSON, got 3000001; a larger one is uploaded: see POST /uploads",
        code: "payload-too-large",
      },
    ]);
    expect(frontend.happened).to.deep.equal([]);
    expect(objects()).to.deep.equal([]);
  });

  it("is the same job again, uploaded or not, and another payload is a conflict that leaves it alone", async () => {
    for (let times = 0; times < 3; times++) expect((await submit(job)).status).to.equal(202);
    expect(objects()).to.deep.equal([keyOf(large)]);
    const { payload, ...rest } = job;
    expect((await submit({ ...rest, payloadRef: refOf(payload) })).status).to.equal(202);
    const other = { ...large, count: 2 };
    expect((await submit({ ...job, payload: other })).problem.code).to.equal("conflict");
    expect(frontend.largeValues.objects.get(keyOf(large))).to.deep.equal(refOf(large));
    expect(frontend.published.every(({ payloadRef }) => payloadRef!.sha256 === refOf(large).sha256)).to.equal(true);
  });

  it("is stored for as long as a job that is 30 days ahead needs it, and doesn't fill its schedule", async () => {
    expect((await submit({ ...job, delaySeconds: 30 * 86_400 })).status).to.equal(202);
    expect(frontend.scheduled[0]!.payloadRef).to.deep.equal({ ...refOf(large), days: 90 });
    expect(objects()).to.deep.equal([keyOf(large, 90)]);
  });

  describe("that a message holds, but no schedule", () => {
    const quotes = '"'.repeat(100_000);
    const runAt = new Date(Date.parse("2026-11-02T10:00:00.000Z") + 86_400_000).toISOString();
    const later = { ...job, payload: quotes, runAt };

    it("is in S3 for as long as its job needs it, in a batch too", async () => {
      expect((await submit({ ...later, runAt: undefined, delaySeconds: 300 * 86_400 })).status).to.equal(202);
      expect(frontend.scheduled[0]!.payload).to.equal(undefined);
      expect(frontend.scheduled[0]!.payloadRef).to.deep.equal({ ...refOf(quotes), days: 410 });
      const jobs = [
        { ...later, id: "b" },
        { ...later, id: "c", payload: 1 },
        { ...later, id: "d", runAt: undefined },
      ];
      const { json } = await frontend.request("POST", "/jobs/batch", { jobs });
      expect((json as { results: object[] }).results.map((each) => "problem" in each)).to.deep.equal(
        Array(3).fill(false),
      );
      expect(objects()).to.deep.equal([keyOf(quotes, 410), keyOf(quotes, 90, "b")]);
      expect(frontend.scheduled.map(({ id }) => id)).to.deep.equal(["a", "b", "c"]);
      expect(frontend.published.map(({ id }) => id)).to.deep.equal(["d"]);
    });

    it("makes one job however often it is sent, also when its start has come near, and another is a conflict", async () => {
      let now = Date.parse("2026-11-02T10:00:00.000Z");
      frontend = new FakeFrontend({ now: () => now });
      expect((await submit(later)).status).to.equal(202);
      expect((await submit(later)).status).to.equal(202);
      expect((await submit({ ...later, payload: `${quotes}"` })).problem.code).to.equal("conflict");
      now += 86_400_000 - 60_000;
      expect((await submit(later)).status).to.equal(202);
      expect(frontend.published.map(({ id, payload }) => [id, payload])).to.deep.equal([["a", quotes]]);
    });
  });

  it("is kept, shown and replayed by its reference", async () => {
    await submit(job);
    expect((await frontend.request("GET", "/jobs/a")).json).to.have.nested.property("payloadRef.url");
    expect((await frontend.request("POST", "/jobs/a/replay", { id: "b" })).status).to.equal(202);
    const other = { ...large, count: 2 };
    expect((await frontend.request("POST", "/jobs/a/replay", { id: "c", payload: other })).status).to.equal(202);
    expect(frontend.published.at(-1)!.payloadRef).to.deep.equal({ ...refOf(other), days: 42 });
    expect(objects()).to.deep.equal([keyOf(large), keyOf(large, 42, "b"), keyOf(other, 42, "c")]);
  });

  it("is checked by the type's schema before it is stored; what takes too many steps is left to the worker", async () => {
    const payloadSchema = { items: { anyOf: [{ type: "string" }, { type: "boolean" }, { type: "number" }] } };
    frontend = new FakeFrontend({}, [{ ...wordCount, payloadSchema }]);
    const wrong = Array.from({ length: 100_000 }, (_, index) => (index === 9 ? null : "ab"));
    const { problem } = await submit({ ...job, payload: wrong });
    expect(problem.code).to.equal("invalid-payload");
    expect(problem.errors![0]!.path).to.match(/^\/payload\/9/);
    expect(objects()).to.deep.equal([]);
    const costly = Array.from({ length: 590_000 }, () => 1_000);
    expect((await submit({ ...job, payload: costly })).status).to.equal(202);
    const inline = Array.from({ length: 110_000 }, () => 1);
    const nested = { allOf: Array.from({ length: 10 }, () => payloadSchema) };
    frontend = new FakeFrontend({}, [{ ...wordCount, payloadSchema: nested }]);
    expect((await submit({ ...job, payload: inline })).problem.detail).to.include("checks in 3000000 steps");
  });

  it("is not replaced by an invalid reference", async () => {
    for (const payloadRef of [null, 0, "", false, [], {}, { ...refOf(large), days: 42 }]) {
      const { problem } = await submit({ type: "word-count", id: "a", payloadRef });
      expect(problem, JSON.stringify(payloadRef)).to.include({ status: 400, code: "invalid-request" });
      expect(problem.errors![0]!.path).to.equal("/payloadRef");
    }
    expect(frontend.happened).to.deep.equal([]);
  });

  it("is one of several of a batch, each stored by itself", async () => {
    const jobs = [
      job,
      { ...job, id: "b", payload: { ...large, count: 2 } },
      { ...job, id: "c", payload: textOf(maxSentPayloadBytes + 1) },
      { ...job, id: "d", payload: 1 },
    ];
    const { json } = await frontend.request("POST", "/jobs/batch", { jobs });
    const { results } = json as { results: { status: number }[] };
    expect(results.map(({ status }) => status)).to.deep.equal([202, 202, 413, 202]);
    expect(objects()).to.have.length(2);
  });

  it("can be tried again where S3 can't be reached", async () => {
    const store = () => Promise.reject(new Error("S3 is out"));
    frontend = new FakeFrontend({ actOnLarge: store });
    const { problem } = await submit(job);
    expect(problem).to.include({ status: 503, code: "unavailable" });
    expect(frontend.happened).to.deep.equal([]);
  });

  it("stays within a message where jobs have no records", async () => {
    frontend = new FakeFrontend({ records: null });
    const { problem } = await submit(job);
    expect(problem).to.include({ status: 413, code: "payload-too-large" });
    expect(problem.detail).to.match(/at most 240000 bytes of JSON, got 3000\d\d$/);
  });
});
