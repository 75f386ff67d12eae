import { expect } from "chai";
import type { Redrive, RedriveOutcome } from "../../../contract/messages/redrive";
import { encodeRecord, type JobRecord } from "../../../contract/records/record";
import { FakeFrontend } from "../support/fakeFrontend";

const submittedAt = "2026-11-02T09:00:00.000Z";

describe("retry", () => {
  const asked: Redrive["redrive"][] = [];
  let outcome: RedriveOutcome | Error;
  let frontend: FakeFrontend;

  const put = (id: string, fields: Partial<JobRecord>) =>
    frontend.items.set(
      id,
      encodeRecord({ id, type: "word-count", state: "failed", attempts: 3, submittedAt, ...fields }),
    );

  beforeEach(() => {
    asked.length = 0;
    outcome = "sent";
    frontend = new FakeFrontend({
      redrive: (wanted) => {
        asked.push(wanted);
        if (outcome instanceof Error) return Promise.reject(outcome);
        const { ids } = wanted;
        if (outcome === "sent") for (const id of ids) put(id, { state: "queued", attempts: 0, retries: 1 });
        return Promise.resolve(Object.fromEntries(ids.map((id) => [id, outcome as RedriveOutcome])));
      },
      retryLaunches: (type) => Promise.resolve(void launches.push(type)),
      readFleets: () => Promise.resolve({ "word-count": { launchProblem: "no capacity" } }),
    });
  });
  const launches: string[] = [];

  it("has a failed job's dead letter sent back, and shows the job as queued, with the reason that it waits", async () => {
    put("a", {});
    const { status, json } = await frontend.request("POST", "/jobs/a/retry");
    expect(status).to.equal(202);
    expect(json).to.deep.include({ id: "a", state: "queued", attempts: 0, retries: 1 });
    expect((json as { waiting: object }).waiting).to.include({ reason: "no-workers", detail: "no capacity" });
    expect(asked).to.deep.equal([{ type: "word-count", ids: ["a"], delaySeconds: 0, by: undefined, key: undefined }]);
    put("a", {});
    expect((await frontend.request("POST", "/jobs/a/retry", { delaySeconds: 60 })).status).to.equal(202);
    expect(asked[1]).to.include({ delaySeconds: 60 });
  });

  it("refuses jobs that have not failed, by name, without a search for their dead letters", async () => {
    put("queued", { state: "queued" });
    put("running", { state: "running" });
    put("succeeded", { state: "succeeded" });
    put("cancelled", { state: "cancelled" });
    const codes: unknown[] = [];
    for (const id of ["queued", "running", "succeeded", "cancelled", "none", "%2e"]) {
      const { status, problem } = await frontend.request("POST", `/jobs/${id}/retry`);
      codes.push([status, problem.code]);
    }
    expect(codes).to.deep.equal([
      ...[409, 409].map((status) => [status, "job-not-ended"]),
      ...[
        [409, "job-succeeded"],
        [409, "payload-not-kept"],
      ],
      ...[404, 404].map((status) => [status, "job-not-found"]),
    ]);
    expect(asked).to.deep.equal([]);
  });

  it("says that the payload is not kept if there is no dead letter, and to try again if that was hidden", async () => {
    put("a", {});
    outcome = "absent";
    const absent = await frontend.request("POST", "/jobs/a/retry");
    expect([absent.status, absent.problem.code]).to.deep.equal([409, "payload-not-kept"]);
    expect(absent.problem.detail).to.include("dead-letters redrive --direct");
    for (const each of ["held", new Error("throttled")] as const) {
      outcome = each;
      const { status, headers } = await frontend.request("POST", "/jobs/a/retry");
      expect([status, headers["retry-after"]]).to.deep.equal([503, "2"]);
    }
  });

  const finishedAt = "2026-11-02T09:30:00.000Z";
  const ann = { userArn: "arn:aws:iam::123456789012:user/ann", accountId: "123456789012" };
  const byAnn = (key?: string) => ({
    headers: { "content-type": "application/json", ...(key !== undefined && { "idempotency-key": key }) },
    requestContext: { http: { method: "POST" }, authorizer: { iam: ann } },
  });

  it("publishes the kept payload of a cancelled job, and of a failed one without a dead letter, then records the caller", async () => {
    outcome = "absent";
    for (const state of ["cancelled", "failed"] as const) {
      const about = { tenant: "acme", labels: { a: "1" } };
      put(state, { state, finishedAt, ...about, cancelRequestedAt: finishedAt });
      frontend.kept.set(state, { text: state });
      const answer = await frontend.request("POST", `/jobs/${state}/retry`, { delaySeconds: 60 }, byAnn("k"));
      expect(answer.status).to.equal(202);
      const at = "2026-11-02T10:00:00.000Z";
      const retried = { retries: 1, retriedAt: at, retriedBy: "123456789012 user/ann" };
      expect(answer.json).to.deep.include({ id: state, state: "queued", attempts: 0, ...retried, ...about });
      const { retry, ...published } = frontend.published.at(-1)!;
      expect(published).to.deep.equal({
        ...{ version: 1, id: state, type: "word-count", payload: { text: state }, submittedAt, ...about },
        notBefore: "2026-11-02T10:01:00.000Z",
      });
      expect(retry).to.deep.include({ of: finishedAt, at, by: "123456789012 user/ann" });
      expect(retry!.key).to.equal(frontend.record(state)!.retryKey);
      expect(frontend.happened.slice(-2)).to.deep.equal([`publish ${state}`, `requeue ${state}`]);
    }
    expect(asked.map(({ ids }) => ids)).to.deep.equal([["failed"]]);
  });

  it("keeps the payload as long as a new job's, whether a dead letter is sent back or the payload is published", async () => {
    for (const state of ["cancelled", "failed"] as const) {
      put(state, { state, finishedAt });
      frontend.kept.set(state, 1);
      expect((await frontend.request("POST", `/jobs/${state}/retry`, { delaySeconds: 60 })).status).to.equal(202);
    }
    const from = Date.parse("2026-11-02T10:01:00.000Z");
    expect([...frontend.renewed]).to.deep.equal([
      ["cancelled", from],
      ["failed", from],
    ]);
    expect(asked.map(({ ids }) => ids)).to.deep.equal([["failed"]]);
  });

  it("retries a job once for an idempotency key, whatever its state since then", async () => {
    put("a", { state: "cancelled", finishedAt });
    frontend.kept.set("a", 1);
    for (const state of ["cancelled", "queued", "failed", "succeeded"] as const) {
      if (state !== "cancelled") put("a", { ...frontend.record("a"), state });
      expect((await frontend.request("POST", "/jobs/a/retry", {}, byAnn("k"))).status, state).to.equal(202);
    }
    expect([frontend.published.length, asked.length]).to.deep.equal([1, 0]);
    put("a", { ...frontend.record("a"), state: "cancelled", finishedAt });
    expect((await frontend.request("POST", "/jobs/a/retry", {}, byAnn("other"))).status).to.equal(202);
    expect(frontend.published).to.have.length(2);
  });

  it("leaves the job as it is where its payload can't be published, or its type is gone", async () => {
    const publish = () => Promise.resolve([new Error("throttled")]);
    frontend = new FakeFrontend({ publish, redrive: () => Promise.resolve({ a: "absent" }) });
    put("a", { finishedAt });
    put("b", { type: "gone", state: "cancelled", finishedAt });
    for (const id of ["a", "b"]) frontend.kept.set(id, 1);
    const codes = [];
    for (const id of ["a", "b"]) codes.push((await frontend.request("POST", `/jobs/${id}/retry`)).problem.code);
    expect(codes).to.deep.equal(["unavailable", "unknown-type"]);
    expect(frontend.happened).to.deep.equal([]);
  });

  it("refuses a wrong delay, and fields that it doesn't know", async () => {
    put("a", {});
    for (const [body, path] of [
      [{ delaySeconds: 901 }, "/delaySeconds"],
      [{ delaySeconds: 1.5 }, "/delaySeconds"],
      [{ delaySeconds: "1" }, "/delaySeconds"],
      [{ delay: 1 }, "/delay"],
      [[], ""],
    ] as const) {
      const { status, problem } = await frontend.request("POST", "/jobs/a/retry", body);
      expect([status, problem.code]).to.deep.equal([400, "invalid-request"]);
      expect(problem.errors!.map((error) => error.path)).to.include(path);
    }
    expect(asked).to.deep.equal([]);
  });

  it("takes up to a hundred jobs at once, in one search for each type, and answers for each in order", async () => {
    put("a", {});
    put("b", { type: "checksum" });
    put("c", { state: "succeeded" });
    const { status, json } = await frontend.request("POST", "/jobs/retry", { ids: ["a", "b", "none", "c", "a"] });
    expect(status).to.equal(200);
    const { results } = json as { results: { status: number; id: string }[] };
    expect(results.map((each) => [each.id, each.status])).to.deep.equal([
      ["a", 202],
      ["b", 202],
      ["none", 404],
      ["c", 409],
    ]);
    expect(asked.map(({ type, ids }) => [type, ids])).to.deep.equal([
      ["word-count", ["a"]],
      ["checksum", ["b"]],
    ]);
    for (const ids of [undefined, [], [1], Array.from({ length: 101 }, (_, index) => `j${index}`)]) {
      expect((await frontend.request("POST", "/jobs/retry", { ids })).status).to.equal(400);
    }
  });

  it("has a type's launches retried", async () => {
    const { status, json } = await frontend.request("POST", "/types/word-count/retry-launches");
    expect([status, json]).to.deep.equal([202, { type: "word-count", launchProblem: "no capacity" }]);
    expect(launches).to.deep.equal(["word-count"]);
    const codes = await Promise.all(
      ["/types/none/retry-launches", "/types/../retry-launches"].map(
        async (path) => (await frontend.request("POST", path)).problem.code,
      ),
    );
    expect(codes).to.deep.equal(["type-not-found", "type-not-found"]);
    const untracked = new FakeFrontend({ records: null });
    expect((await untracked.request("POST", "/jobs/a/retry")).problem.code).to.equal("tracking-off");
  });
});
