import { expect } from "chai";
import type { Redrive, RedriveOutcomes } from "../../../../contract/messages/redrive";
import { FakeFrontend } from "../../support/fakeFrontend";

const job = { id: "a", type: "word-count", payload: { text: "a b" }, tenant: "acme", labels: { campaign: "spring" } };
const iam = { userArn: "arn:aws:iam::123456789012:user/ann", accountId: "123456789012" };
const byAnn = (method: string, headers = {}) => ({
  headers: { "content-type": "application/json", ...headers },
  requestContext: { http: { method }, authorizer: { iam } },
});

describe("POST /jobs/{id}/replay", () => {
  let frontend: FakeFrontend;
  beforeEach(async () => {
    frontend = new FakeFrontend();
    await frontend.request("POST", "/jobs", job);
  });

  it("submits a job of the same type, payload, tenant and labels, whatever became of the first", async () => {
    frontend.put({ ...frontend.record("a")!, state: "succeeded" });
    const { status, json, headers } = await frontend.request("POST", "/jobs/a/replay", undefined, byAnn("POST"));
    expect([status, json]).to.deep.equal([
      202,
      { id: "new-1", type: "word-count", state: "queued", links: { self: "/jobs/new-1" } },
    ]);
    expect(headers.location).to.equal("/jobs/new-1");
    const { payload, tenant, labels } = job;
    expect(frontend.published.at(-1)).to.deep.include({ id: "new-1", payload, tenant, labels });
    const by = { replayOf: "a", submittedBy: "123456789012 user/ann" };
    expect((await frontend.request("GET", "/jobs/new-1")).json).to.deep.include({ payload, tenant, labels, ...by });
  });

  it("takes another payload, type and id, the payload being checked, and a key", async () => {
    const body = { payload: { text: "c" }, type: "checksum", id: "b" };
    expect((await frontend.request("POST", "/jobs/a/replay", body)).status).to.equal(202);
    expect(frontend.published.at(-1)).to.deep.include(body);
    const key = byAnn("POST", { "idempotency-key": "k" });
    const ids = [];
    for (let round = 0; round < 2; round++) {
      ids.push(((await frontend.request("POST", "/jobs/a/replay", {}, key)).json as { id: string }).id);
    }
    expect(ids[0]).to.match(/^key-/).and.equal(ids[1]);
    for (const [wrong, code] of [
      [{ payload: "x".repeat(3_000_000) }, "payload-too-large"],
      [{ type: "none" }, "unknown-type"],
      [{ id: "b" }, "conflict"],
      // The job itself would be answered, as if it were submitted again.
      [{ id: "a" }, "conflict"],
      [{ tenant: "other" }, "invalid-request"],
      [[], "invalid-request"],
    ] as const) {
      expect((await frontend.request("POST", "/jobs/a/replay", wrong)).problem.code).to.equal(code);
    }
  });

  it("needs a payload: the kept one, or that of the request", async () => {
    frontend.kept.clear();
    expect((await frontend.request("POST", "/jobs/a/replay")).problem).to.include({
      status: 409,
      code: "payload-not-kept",
    });
    expect((await frontend.request("POST", "/jobs/a/replay", { payload: null })).status).to.equal(202);
    expect((await frontend.request("POST", "/jobs/none/replay")).problem.code).to.equal("job-not-found");
    const untracked = new FakeFrontend({ records: null });
    expect((await untracked.request("POST", "/jobs/a/replay")).problem.code).to.equal("tracking-off");
  });
});

describe("DELETE /jobs/{id}/data", () => {
  it("removes dead letter, payload, checkpoint and result of an ended job, in that order, and logs the caller", async () => {
    const asked: Redrive["redrive"][] = [];
    let held = true;
    const redrive = (wanted: Redrive["redrive"]): Promise<RedriveOutcomes> => {
      asked.push(wanted);
      return Promise.resolve({ a: held ? "held" : "absent" });
    };
    const frontend = new FakeFrontend({ redrive });
    const remove = () => frontend.request("DELETE", "/jobs/a/data", undefined, byAnn("DELETE"));
    expect((await remove()).problem.code).to.equal("job-not-found");
    await frontend.request("POST", "/jobs", job);
    expect((await remove()).problem.code).to.equal("job-not-ended");
    frontend.put({ ...frontend.record("a")!, state: "succeeded", result: 1 });
    expect((await remove()).status).to.equal(503);
    expect(frontend.kept.size).to.equal(1);
    held = false;
    for (let round = 0; round < 2; round++) {
      const { status, json } = await remove();
      expect(status).to.equal(200);
      expect(json).to.include({ dataRemovedAt: "2026-11-02T10:00:00.000Z", dataRemovedBy: "123456789012 user/ann" });
      expect(json).not.to.have.property("result");
    }
    expect(asked[0]).to.deep.equal({ type: "word-count", ids: ["a"], delaySeconds: 0, isDiscarded: true });
    expect((await frontend.request("GET", "/jobs/a")).json).not.to.have.property("payload");
    expect((await frontend.request("POST", "/jobs/a/replay")).problem.code).to.equal("payload-not-kept");
  });
});
