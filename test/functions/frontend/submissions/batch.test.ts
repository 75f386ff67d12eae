import { expect } from "chai";
import { limits } from "../../../../contract/limits";
import { messageBytes } from "../../../../functions/shared/messages/batches";
import { FakeFrontend, type ParsedAnswer } from "../../support/fakeFrontend";

interface Result {
  status: number;
  id?: string;
  problem?: { code: string; errors?: { path: string }[] };
}

function resultsOf(answer: ParsedAnswer): Result[] {
  expect(answer.status).to.equal(200);
  return (answer.json as { results: Result[] }).results;
}

function jobs(count: number, fields: Record<string, unknown> = {}): Record<string, unknown>[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `j${index}`,
    type: "word-count",
    payload: index,
    ...fields,
  }));
}

describe("POST /jobs/batch", () => {
  let frontend: FakeFrontend;
  beforeEach(() => {
    frontend = new FakeFrontend();
  });

  it("answers each job in order, good and bad", async () => {
    frontend.put({ id: "taken", type: "word-count", state: "queued", attempts: 0, digest: "x", submittedAt: "" });
    const batch = [
      { type: "word-count", payload: 1 },
      { type: "word-count" },
      { type: "transcode", payload: 1, id: "t" },
      null,
      { type: "word-count", payload: 1, id: "taken" },
      { type: "checksum", payload: "a".repeat(3_000_000) },
      { type: "checksum", payload: 2, id: "c" },
    ];
    const results = resultsOf(await frontend.request("POST", "/jobs/batch", { jobs: batch }));
    expect(results.map(({ status, id, problem }) => [status, id, problem?.code])).to.deep.equal([
      [202, "new-1", undefined],
      [400, undefined, "invalid-request"],
      [422, "t", "unknown-type"],
      [400, undefined, "invalid-request"],
      [409, "taken", "conflict"],
      [413, undefined, "payload-too-large"],
      [202, "c", undefined],
    ]);
    expect(results[1]!.problem!.errors).to.deep.equal([
      { path: "/jobs/1/payload", message: "Expected any JSON value, got nothing" },
    ]);
    expect(frontend.published.map(({ id }) => id).sort()).to.deep.equal(["c", "new-1"]);
    expect(frontend.items).to.have.all.keys("taken", "new-1", "c");
  });

  it("sends the jobs of one type in one message, and all messages in one call", async () => {
    const batch = [...jobs(50), ...jobs(50, { type: "checksum" }).map((job, index) => ({ ...job, id: `c${index}` }))];
    await frontend.request("POST", "/jobs/batch", { jobs: batch });
    expect(frontend.published).to.have.length(100);
    expect(frontend.batches).to.have.length(1);
    expect(frontend.batches[0]!.map(({ attributes }) => attributes.type!.StringValue)).to.deep.equal([
      "word-count",
      "checksum",
    ]);
  });

  it("keeps every message and every call within what SNS takes", async () => {
    const batch = jobs(24).map((job, index) => ({ ...job, payload: "a".repeat(index * 10_000) }));
    await frontend.request("POST", "/jobs/batch", { jobs: batch });
    expect(frontend.published).to.have.length(24);
    for (const messages of frontend.batches) {
      expect(messages.length).to.be.within(1, limits.maxBatchEntries);
      const bytes = messages.reduce((sum, message) => sum + messageBytes(message), 0);
      expect(bytes).to.be.at.most(limits.maxBatchBytes);
    }
  });

  it("records before it publishes", async () => {
    await frontend.request("POST", "/jobs/batch", { jobs: jobs(100) });
    const firstPublish = frontend.happened.findIndex((what) => what.startsWith("publish"));
    expect(firstPublish).to.equal(100);
  });

  it("writes records many at a time, but not all at once", async () => {
    let atOnce = 0;
    let most = 0;
    const counted: FakeFrontend = new FakeFrontend({
      records: {
        create: async (record) => {
          most = Math.max(most, ++atOnce);
          await new Promise(setImmediate);
          atOnce--;
          return counted.create(record);
        },
        read: () => Promise.resolve(undefined),
      },
    });
    await counted.request("POST", "/jobs/batch", { jobs: jobs(100) });
    expect(most).to.be.within(10, 50);
  });

  it("gives 503 to the jobs of the messages that fail, and to those alone", async () => {
    const partly: FakeFrontend = new FakeFrontend({
      publish: (messages) =>
        Promise.resolve(
          messages.map((message) => {
            if (message.attributes.type!.StringValue === "checksum") return new Error("refused");
            return partly.publish([message])[0];
          }),
        ),
    });
    const batch = [jobs(1)[0], { id: "c", type: "checksum", payload: 1 }, { id: "d", type: "checksum", payload: 1 }];
    const answer = await partly.request("POST", "/jobs/batch", { jobs: batch });
    expect(resultsOf(answer).map(({ status, id }) => [status, id])).to.deep.equal([
      [202, "j0"],
      [503, "c"],
      [503, "d"],
    ]);
    expect(answer.headers["retry-after"]).to.match(/^\d+$/);
    expect(partly.items).to.have.all.keys("j0", "c", "d");
  });

  it("gives 503 to the jobs whose record can't be written", async () => {
    const partly: FakeFrontend = new FakeFrontend({
      records: {
        create: (record) =>
          record.id === "j1" ? Promise.reject(new Error("no")) : Promise.resolve(partly.create(record)),
        read: () => Promise.resolve(undefined),
      },
    });
    const results = resultsOf(await partly.request("POST", "/jobs/batch", { jobs: jobs(3) }));
    expect(results.map(({ status }) => status)).to.deep.equal([202, 503, 202]);
    expect(partly.published.map(({ id }) => id)).to.deep.equal(["j0", "j2"]);
  });

  describe("with one id twice", () => {
    it("accepts the same job once, and answers both", async () => {
      const [job] = jobs(1);
      const results = resultsOf(await frontend.request("POST", "/jobs/batch", { jobs: [job, job] }));
      expect(results).to.deep.equal([
        { status: 202, id: "j0" },
        { status: 202, id: "j0" },
      ]);
      expect(frontend.happened).to.deep.equal(["record j0", "publish j0"]);
    });

    it("accepts the first of two that differ, and refuses the other", async () => {
      const [job] = jobs(1);
      const batch = { jobs: [job, { ...job, payload: "other" }, job] };
      const results = resultsOf(await frontend.request("POST", "/jobs/batch", batch));
      expect(results.map(({ status }) => status)).to.deep.equal([202, 409, 202]);
      expect(frontend.published.map(({ payload }) => payload)).to.deep.equal([0]);
    });

    it("publishes the one that replays a job of before, whichever comes first", async () => {
      const [job] = jobs(1);
      await frontend.request("POST", "/jobs", job);
      const batch = { jobs: [{ ...job, payload: "other" }, job] };
      const results = resultsOf(await frontend.request("POST", "/jobs/batch", batch));
      expect(results.map(({ status }) => status)).to.deep.equal([409, 202]);
      expect(frontend.published.map(({ payload }) => payload)).to.deep.equal([0, 0]);
    });
  });

  it("refuses a body that is no batch", async () => {
    for (const body of ["null", "[]", {}, { jobs: {} }, { jobs: [] }, { jobs: jobs(101) }]) {
      const answer = await frontend.request("POST", "/jobs/batch", body);
      expect(answer.problem).to.include({ status: 400, code: "invalid-request" });
      expect(answer.problem.errors!.map(({ path }) => path)).to.deep.equal(["/jobs"]);
    }
    expect(frontend.happened).to.deep.equal([]);
  });
});
