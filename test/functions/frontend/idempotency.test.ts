import { expect } from "chai";
import fc from "fast-check";
import { idPattern } from "../../../contract/limits";
import { jobStates } from "../../../contract/record";
import { canonicalJson } from "../../../contract/submissionText";
import { digestOf, idFromKey } from "../../../functions/frontend/digest";
import { FakeFrontend } from "../support/fakeFrontend";

const job = { id: "a", type: "word-count", payload: { x: 1, y: [1, 2] }, tenant: "t" };

function withKey(key: string) {
  return { headers: { "content-type": "application/json", "Idempotency-Key": key } };
}

describe("idempotency", () => {
  let frontend: FakeFrontend;
  beforeEach(async () => {
    frontend = new FakeFrontend();
    await frontend.request("POST", "/jobs", job);
  });

  it("publishes a replay again while no worker has begun the job, for its publication may have failed", async () => {
    const replay = await frontend.request("POST", "/jobs", { ...job, payload: { y: [1, 2], x: 1 } });
    expect(replay.status).to.equal(202);
    expect(frontend.published.map(({ id }) => id)).to.deep.equal(["a", "a"]);
    expect(frontend.happened).to.deep.equal(["record a", "publish a", "publish a"]);
  });

  it("gives the replay the time of the first submission", async () => {
    frontend.put({ ...frontend.record("a")!, submittedAt: "2026-11-01T00:00:00.000Z" });
    await frontend.request("POST", "/jobs", job);
    expect(frontend.published.at(-1)!.submittedAt).to.equal("2026-11-01T00:00:00.000Z");
  });

  for (const state of jobStates) {
    it(`answers a replay of a job that is ${state} after an attempt with that state, and publishes nothing`, async () => {
      frontend.put({ ...frontend.record("a")!, state, attempts: 1 });
      const replay = await frontend.request("POST", "/jobs", job);
      expect(replay.status).to.equal(202);
      expect(replay.json).to.deep.equal({ id: "a", type: "word-count", state, links: { self: "/jobs/a" } });
      expect(frontend.published).to.have.length(1);
    });
  }

  it("answers another job under the id with 409, and changes nothing", async () => {
    const before = frontend.record("a");
    for (const other of [{ payload: {} }, { type: "checksum" }, { tenant: "u" }, { tenant: undefined }]) {
      const answer = await frontend.request("POST", "/jobs", { ...job, ...other });
      expect(answer.problem).to.include({ status: 409, code: "conflict" });
    }
    expect(frontend.record("a")).to.deep.equal(before);
    expect(frontend.published).to.have.length(1);
  });

  it("answers 409 where a record without digest says nothing of what the job is", async () => {
    frontend.put({ ...frontend.record("a")!, digest: undefined });
    expect((await frontend.request("POST", "/jobs", job)).status).to.equal(409);
  });

  it("heals a submission whose publication failed", async () => {
    let isDown = true;
    const healing: FakeFrontend = new FakeFrontend({
      publish: (messages) => (isDown ? Promise.reject(new Error("down")) : Promise.resolve(healing.publish(messages))),
    });
    expect((await healing.request("POST", "/jobs", job)).status).to.equal(503);
    isDown = false;
    expect((await healing.request("POST", "/jobs", job)).status).to.equal(202);
    expect(healing.published.map(({ id }) => id)).to.deep.equal(["a"]);
  });

  it("makes one job of fifty submissions of one key at once, each answered as the first", async () => {
    const frontend = new FakeFrontend();
    const headers = { "content-type": "application/json", "idempotency-key": "order 17" };
    const answers = await Promise.all(
      Array.from({ length: 50 }, () =>
        frontend.request("POST", "/jobs", { type: "word-count", payload: 1 }, { headers }),
      ),
    );
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).to.equal(1);
    expect(answers[0]!.status).to.equal(202);
    expect(frontend.items.size).to.equal(1);
    expect(new Set(frontend.published.map(({ id }) => id)).size).to.equal(1);
  });

  describe("Idempotency-Key", () => {
    const unnamed = { type: "word-count", payload: 1 };

    it("stands for an id where the body has none", async () => {
      const first = await frontend.request("POST", "/jobs", unnamed, withKey("k"));
      const again = await frontend.request("POST", "/jobs", unnamed, withKey("k"));
      expect(first.json).to.include({ id: idFromKey("k") });
      expect(again.json).to.deep.equal(first.json);
      const other = await frontend.request("POST", "/jobs", { ...unnamed, payload: 2 }, withKey("k"));
      expect(other.status).to.equal(409);
    });

    it("gives way to the body's id", async () => {
      expect((await frontend.request("POST", "/jobs", { ...unnamed, id: "b" }, withKey("k"))).json).to.include({
        id: "b",
      });
    });

    it("makes a batch idempotent, with an id for each job", async () => {
      const batch = { jobs: [unnamed, unnamed, { ...unnamed, id: "b" }] };
      const first = await frontend.request("POST", "/jobs/batch", batch, withKey("k"));
      const again = await frontend.request("POST", "/jobs/batch", batch, withKey("k"));
      expect(again.json).to.deep.equal(first.json);
      expect(first.json).to.deep.equal({
        results: [idFromKey("k", 0), idFromKey("k", 1), "b"].map((id) => ({ status: 202, id })),
      });
    });

    it("gives ids that fit, whatever the key", () => {
      fc.assert(
        fc.property(fc.string({ unit: "binary" }), fc.nat(99), (key, index) => idPattern.test(idFromKey(key, index))),
      );
    });
  });

  describe("digest", () => {
    const values = fc.jsonValue({ maxDepth: 4 });

    it("is the same whatever the order of keys", () => {
      fc.assert(
        fc.property(fc.dictionary(fc.string(), values), (payload) => {
          const turned = Object.fromEntries(Object.entries(payload).reverse());
          expect(digestOf({ type: "a", payload: turned })).to.equal(digestOf({ type: "a", payload }));
        }),
      );
    });

    it("is of text that reads as the value itself", () => {
      fc.assert(
        fc.property(values, (value) => {
          expect(JSON.parse(canonicalJson(value))).to.deep.equal(JSON.parse(JSON.stringify(value)));
        }),
      );
    });

    it("tells values apart that look alike", () => {
      const digests = [1, "1", [1], { a: 1 }, { a: "1" }, null, "null", [], {}, [[]], ["a", "b"], ["a,b"], false].map(
        (payload) => digestOf({ type: "a", payload }),
      );
      expect(new Set(digests).size).to.equal(digests.length);
    });

    it("sees keys named __proto__", () => {
      const [one, other] = ['{"__proto__":1}', '{"__proto__":2}'].map((text) =>
        digestOf({ type: "a", payload: JSON.parse(text) as unknown }),
      );
      expect(one).to.not.equal(other);
    });
  });
});
