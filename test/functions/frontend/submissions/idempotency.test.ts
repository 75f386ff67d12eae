import { expect } from "chai";
import fc from "fast-check";
import { canonicalJson } from "../../../../contract/http/submissionText";
import { idPattern } from "../../../../contract/limits";
import { jobStates } from "../../../../contract/records/record";
import { digestOf, idFromKey, unscopedIdFromKey } from "../../../../functions/frontend/requests/digest";
import type { RequestAuthorizer } from "../../../../functions/frontend/requests/http";
import { FakeFrontend, type ParsedAnswer } from "../../support/fakeFrontend";

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

  it("publishes a replay of a job that waits after an attempt: its message may be gone, and claims absorb a second", async () => {
    frontend.put({ ...frontend.record("a")!, state: "queued", attempts: 1 });
    const replay = await frontend.request("POST", "/jobs", job);
    expect([replay.status, replay.json]).to.deep.equal([
      202,
      { id: "a", type: "word-count", state: "queued", links: { self: "/jobs/a" } },
    ]);
    expect(frontend.published).to.have.length(2);
  });

  for (const state of jobStates.filter((each) => each !== "queued")) {
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

  it("completes a submission whose publication failed", async () => {
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
      expect(first.json).to.include({ id: idFromKey("k", "word-count", []) });
      expect(again.json).to.deep.equal(first.json);
      const other = await frontend.request("POST", "/jobs", { ...unnamed, payload: 2 }, withKey("k"));
      expect(other.status).to.equal(409);
    });

    it("is ignored if the body has an id", async () => {
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
        results: [idFromKey("k", "word-count", [], 0), idFromKey("k", "word-count", [], 1), "b"].map((id) => ({
          status: 202,
          id,
        })),
      });
    });

    it("gives ids that fit, whatever the key", () => {
      fc.assert(
        fc.property(fc.string({ unit: "binary" }), fc.nat(99), (key, index) =>
          idPattern.test(idFromKey(key, "word-count", ["iam", "1", key], index)),
        ),
      );
    });
  });

  describe("Idempotency-Key, of a type and a caller", () => {
    const unnamed = { type: "word-count", payload: 1 };
    const iam = (userArn: string) => ({ iam: { accountId: "123456789012", userArn } });
    const jwt = (iss: string, sub: string) => ({ jwt: { claims: { iss, sub } } });
    const send = (body: object, authorizer?: RequestAuthorizer, key = "1", path = "/jobs") =>
      frontend.request("POST", path, body, {
        ...withKey(key),
        requestContext: { http: { method: "POST" }, ...(authorizer && { authorizer }) },
      });
    const idOf = async (body: object, authorizer?: RequestAuthorizer, key = "1") => {
      const answer = await send(body, authorizer, key);
      expect(answer.status).to.equal(202);
      return (answer.json as { id: string }).id;
    };

    it("makes a job of its own for each type, and each caller", async () => {
      const callers = [
        undefined,
        iam("arn:aws:sts::123456789012:assumed-role/Biller/anna"),
        iam("arn:aws:sts::123456789012:assumed-role/Reader/anna"),
        iam("arn:aws:sts::210987654321:assumed-role/Biller/anna"),
        iam("arn:aws:iam::123456789012:user/Biller"),
        iam("arn:aws:iam::123456789012:user/team/Biller"),
        iam("arn:aws:iam::123456789012:root"),
        jwt("https://issuer", "anna"),
        jwt("https://issuer", "bert"),
        jwt("https://other", "anna"),
      ];
      const ids: string[] = [];
      for (const caller of callers) {
        ids.push(await idOf(unnamed, caller), await idOf({ ...unnamed, type: "checksum" }, caller));
      }
      expect(new Set(ids).size).to.equal(2 * callers.length);
    });

    it("makes one job for the sessions of one role", async () => {
      const role = "arn:aws:sts::123456789012:assumed-role/Biller";
      expect(await idOf(unnamed, iam(`${role}/anna`))).to.equal(await idOf(unnamed, iam(`${role}/i-0123456789`)));
      const other = await send({ ...unnamed, payload: 2 }, iam(`${role}/anna`));
      expect(other.problem).to.include({ status: 409, code: "conflict" });
    });

    it("is distinct for any two", () => {
      const parts = fc.tuple(fc.string(), fc.string(), fc.array(fc.string(), { maxLength: 3 }));
      fc.assert(
        fc.property(parts, parts, ([key, type, caller], [otherKey, otherType, otherCaller]) => {
          const isSame = JSON.stringify([key, type, caller]) === JSON.stringify([otherKey, otherType, otherCaller]);
          expect(idFromKey(key, type, caller) === idFromKey(otherKey, otherType, otherCaller)).to.equal(isSame);
        }),
      );
      expect(idFromKey("c", "a", ["b"])).to.not.equal(idFromKey("b", "a", ["c"]));
    });

    it("finds the job that an earlier version made of it, for 14 days", async () => {
      const old = unscopedIdFromKey("1");
      const days = (count: number) => new Date(Date.parse("2026-11-02T10:00:00Z") - count * 86_400_000).toISOString();
      const present = {
        id: old,
        type: "word-count",
        state: "running",
        attempts: 1,
        digest: digestOf(unnamed),
      } as const;
      frontend.put({ ...present, submittedAt: days(13) });
      const answer = await send(unnamed, jwt("i", "s"));
      expect(answer.json).to.deep.equal({
        id: old,
        type: "word-count",
        state: "running",
        links: { self: `/jobs/${old}` },
      });
      expect(answer.headers.location).to.equal(`/jobs/${old}`);
      expect(frontend.items.size).to.equal(2);
      // Another job, another type, or one too old: it stands in nobody's way.
      expect(await idOf({ ...unnamed, payload: 2 })).to.not.equal(old);
      expect(await idOf({ ...unnamed, type: "checksum" })).to.not.equal(old);
      frontend.put({ ...present, submittedAt: days(15) });
      expect(await idOf(unnamed, jwt("i", "s"))).to.not.equal(old);
      const inBatch = unscopedIdFromKey("2", 1);
      frontend.put({ ...present, id: inBatch, submittedAt: days(1) });
      const batch = await send({ jobs: [unnamed, unnamed] }, undefined, "2", "/jobs/batch");
      expect((batch.json as { results: { id: string }[] }).results[1]!.id).to.equal(inBatch);
    });

    it("reads no id of earlier versions once none can be left", async () => {
      const now = () => Date.parse("2027-02-01T00:00:00Z");
      const later: FakeFrontend = new FakeFrontend({
        now,
        records: { read: () => Promise.reject(new Error("was read")) },
      });
      expect((await later.request("POST", "/jobs", unnamed, withKey("1"))).status).to.equal(202);
    });

    it("can't be taken by an id", async () => {
      const anna = jwt("i", "anna");
      const id = idFromKey("1", "word-count", ["jwt", "i", "anna"]);
      const named = { ...unnamed, id };
      const withoutKey = (body: object, authorizer?: RequestAuthorizer) =>
        frontend.request("POST", "/jobs", body, { requestContext: { http: { method: "POST" }, authorizer } });
      for (const squatted of [id, `${id}.0`, unscopedIdFromKey("1"), "key-", "key-17"]) {
        const { problem } = await withoutKey({ ...unnamed, id: squatted }, anna);
        expect(problem).to.include({ status: 400, code: "invalid-request" });
        expect(problem.errors!.map(({ path }) => path)).to.deep.equal(["/id"]);
      }
      const batch = await frontend.request("POST", "/jobs/batch", { jobs: [job, named] });
      const [, result] = (batch.json as { results: { status: number; problem?: ParsedAnswer["problem"] }[] }).results;
      expect([result!.status, result!.problem!.errors![0]!.path]).to.deep.equal([400, "/jobs/1/id"]);
      expect(frontend.items.size).to.equal(1);
      // Who has submitted it may name it, as a 503 asks for.
      expect(await idOf(unnamed, anna)).to.equal(id);
      expect((await withoutKey(named, anna)).json).to.include({ id });
      expect((await withoutKey(named, jwt("i", "bert"))).problem).to.include({ code: "invalid-request" });
      expect((await withoutKey({ ...named, payload: 2 }, anna)).problem).to.include({ code: "conflict" });
      expect((await withoutKey({ ...named, payload: 2 })).problem).to.include({ code: "invalid-request" });
    });

    it("is refused under another header's name", async () => {
      for (const name of ["X-Idempotency-Key", "idempotencykey", "Idempotent-Key"]) {
        const headers = { "content-type": "application/json", [name]: "1" };
        const answer = await frontend.request("POST", "/jobs", unnamed, { headers });
        expect(answer.problem, name).to.include({ status: 400, code: "invalid-request" });
        expect(answer.problem.detail).to.contain(`got it in "${name}"`);
      }
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

    it("differs for values that look alike", () => {
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
