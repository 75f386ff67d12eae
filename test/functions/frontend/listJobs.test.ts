import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { expect } from "chai";
import fc from "fast-check";
import { endedAs, listKeyOf } from "../../../contract/records/listKey";
import { encodeRecord, isFinal, type JobRecord, jobStates } from "../../../contract/records/record";
import { createJobIndex } from "../../../functions/frontend/services/jobIndex";
import { Emulators } from "../support/emulators";
import { checksum, FakeFrontend, type ParsedAnswer, wordCount } from "../support/fakeFrontend";
import { FakeIndex } from "../support/fakeIndex";
import { RecordTable } from "../support/recordTable";

type Listed = { jobs: { id: string; state: string }[]; cursor?: string };

function jobOf(id: string, fields: Partial<JobRecord> = {}): JobRecord {
  const type = fields.type ?? "word-count";
  const submittedAt = "2026-11-02T09:00:00.000Z";
  const job = { id, type, state: "queued" as const, attempts: 0, submittedAt, listKey: listKeyOf(type, id), ...fields };
  const { state, finishedAt = job.submittedAt } = job;
  return state === "failed" || state === "cancelled"
    ? { ...job, finishedAt, endedAs: endedAs(state, finishedAt) }
    : job;
}

const list = (frontend: FakeFrontend, query: Record<string, string> = {}) =>
  frontend.request("GET", "/jobs", undefined, { queryStringParameters: query });

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** Every page's ids. */
async function walk(frontend: FakeFrontend, query: Record<string, string> = {}): Promise<string[][]> {
  const pages: string[][] = [];
  for (let cursor: string | undefined; ;) {
    const answer = await list(frontend, { ...query, ...(cursor && { cursor }) });
    expect(answer.status).to.equal(200);
    const listed = answer.json as Listed;
    pages.push(listed.jobs.map(({ id }) => id));
    ({ cursor } = listed);
    if (!cursor) return pages;
  }
}

describe("GET /jobs", () => {
  it("shows the newest jobs first, as GET /jobs/{id} does but without results", async () => {
    const frontend = new FakeFrontend();
    frontend.put(jobOf("old", { submittedAt: "2026-11-01T00:00:00.000Z", type: "checksum" }));
    frontend.put(jobOf("new", { state: "running", attempts: 1 }));
    frontend.put(jobOf("lost", { submittedAt: "2026-10-01T00:00:00.000Z" }));
    const { json } = await list(frontend);
    const { jobs, ...rest } = json as Listed;
    expect(jobs.map(({ id, state }) => [id, state])).to.deep.equal([
      ["new", "running"],
      ["old", "queued"],
      // Its queue has dropped it since: it reads so here too.
      ["lost", "failed"],
    ]);
    expect(rest).to.deep.equal({});
    expect(jobs[0]).to.deep.equal((await frontend.request("GET", "/jobs/new")).json);
  });

  it("gives every job once, in order, whatever the pages, times and types", async () => {
    const job = fc.record({
      type: fc.constantFrom("word-count", "checksum"),
      // Few, so that many jobs are of one time.
      submittedAt: fc.integer({ min: 0, max: 3 }).map((second) => `2026-11-02T09:00:0${second}.000Z`),
      state: fc.constantFrom(...jobStates),
    });
    const asked = fc.record({
      limit: fc.integer({ min: 1, max: 9 }),
      type: fc.constantFrom(undefined, "word-count"),
      state: fc.constantFrom(undefined, "queued", "failed", "cancelled"),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(job, { maxLength: 60, size: "max" }), asked, async (jobs, { limit, type, state }) => {
        const frontend = new FakeFrontend();
        const records = jobs.map((fields, index) => jobOf(`j${index}`, fields));
        records.forEach((record) => frontend.put(record));
        const expected = records
          .filter((record) => (type ? record.type === type : true) && (state ? record.state === state : true))
          .sort((one, other) => (`${one.submittedAt} ${one.id}` > `${other.submittedAt} ${other.id}` ? -1 : 1))
          .map(({ id }) => id);
        const pages = await walk(frontend, { limit: String(limit), ...(type && { type }), ...(state && { state }) });
        expect(pages.flat()).to.deep.equal(expected);
        for (const page of pages) expect(page.length).to.be.at.most(limit);
        // Without a state that is looked for every page but the last is full.
        if (state !== "queued") for (const page of pages.slice(0, -1)) expect(page).to.have.length(limit);
      }),
      { numRuns: 150 },
    );
  });

  it("reads no more than a bounded number of records for one answer, and continues from there", async () => {
    const frontend = new FakeFrontend();
    for (let index = 0; index < 650; index++) frontend.put(jobOf(`j${index}`));
    frontend.put(jobOf("done", { state: "succeeded", submittedAt: "2026-11-01T00:00:00.000Z" }));
    expect(await walk(frontend, { state: "succeeded" })).to.deep.equal([[], [], ["done"]]);
  });

  it("reads 300 records at most for a page, whatever is asked for", async () => {
    const reads: number[] = [];
    const frontend: FakeFrontend = new FakeFrontend({
      index: {
        page: (...asked) => new FakeIndex(() => records).page(...asked),
        readMany: (ids) => {
          reads.push(ids.length);
          return Promise.resolve(records.filter(({ id }) => ids.includes(id)));
        },
      },
    });
    const records = Array.from({ length: 500 }, (_, index) => jobOf(`j${index}`));
    const queries: Record<string, string>[] = [
      { state: "running" },
      { state: "running", limit: "100" },
      { limit: "100" },
      {},
    ];
    for (const query of queries) {
      reads.length = 0;
      await list(frontend, query);
      expect(reads.reduce((sum, count) => sum + count, 0)).to.be.at.most(300);
    }
  });

  it("lists jobs of a tenant, with a label, and of a time", async () => {
    const frontend = new FakeFrontend();
    const at = (minute: number) => `2026-11-02T09:0${minute}:00.000Z`;
    frontend.put(jobOf("a", { submittedAt: at(1), tenant: "acme", labels: { campaign: "spring:1", team: "x" } }));
    frontend.put(
      jobOf("b", { submittedAt: at(2), tenant: "acme", labels: { campaign: "autumn" }, state: "succeeded" }),
    );
    frontend.put(jobOf("c", { submittedAt: at(3), tenant: "other", labels: { campaign: "spring:1" } }));
    frontend.put(jobOf("d", { submittedAt: at(0), finishedAt: at(4), tenant: "acme", state: "failed" }));
    const queries: [Record<string, string>, string][] = [
      [{ tenant: "acme" }, "bad"],
      [{ tenant: "acme", state: "failed" }, "d"],
      [{ tenant: "other", state: "failed" }, ""],
      [{ label: "campaign:spring:1" }, "ca"],
      [{ label: "campaign:spring" }, ""],
      [{ label: "team:x", tenant: "acme" }, "a"],
      [{ from: at(1), to: "2026-11-02T10:02:00+01:00" }, "ba"],
      [{ to: at(1) }, "ad"],
      [{ from: at(3) }, "c"],
      // Failed jobs are listed by their ends.
      [{ state: "failed", from: at(4) }, "d"],
      [{ state: "failed", to: at(3) }, ""],
    ];
    for (const [query, ids] of queries) {
      expect((await walk(frontend, query)).flat().join(""), JSON.stringify(query)).to.equal(ids);
      expect((await walk(frontend, { ...query, limit: "1" })).flat().join("")).to.equal(ids);
    }
  });

  it("shows a caller that is bound to a tenant no other's jobs", async () => {
    const frontend = new FakeFrontend({ tokenRules: { tenantClaim: "org" } });
    frontend.put(jobOf("a", { tenant: "acme" }));
    frontend.put(jobOf("b", { tenant: "other", state: "failed" }));
    const asked = async (queryStringParameters: Record<string, string>) => {
      const authorizer = { jwt: { claims: { sub: "s", org: "acme" } } };
      const requestContext = { http: { method: "GET" }, authorizer };
      return frontend.request("GET", "/jobs", undefined, { queryStringParameters, requestContext });
    };
    expect(((await asked({})).json as Listed).jobs.map(({ id }) => id)).to.deep.equal(["a"]);
    expect(((await asked({ state: "failed" })).json as Listed).jobs).to.deep.equal([]);
    const refused = await asked({ tenant: "other" });
    expectRefusal(refused, 403, "forbidden");
    expect(refused.problem.errors).to.deep.equal([
      { path: "tenant", message: 'Expected the token\'s tenant acme, got "other"' },
    ]);
  });

  it("tells such a caller no other's id in a cursor either, and gives every job of its own once", async () => {
    const frontend = new FakeFrontend({ tokenRules: { tenantClaim: "org" } });
    // All of one time, of which each page looks at 300.
    const ids = Array.from({ length: 700 }, (_, index) => `acme-invoice-${index}`);
    ids.forEach((id, index) => frontend.put(jobOf(id, { tenant: index % 20 === 0 ? "small" : "acme" })));
    const authorizer = { jwt: { claims: { sub: "s", org: "small" } } };
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const queryStringParameters = { limit: "10", ...(cursor && { cursor }) };
      const requestContext = { http: { method: "GET" }, authorizer };
      const answer = await frontend.request("GET", "/jobs", undefined, { queryStringParameters, requestContext });
      const page = answer.json as Listed;
      seen.push(...page.jobs.map(({ id }) => id));
      ({ cursor } = page);
      const place = Buffer.from(cursor ?? "", "base64url").toString();
      expect(place).not.to.include("invoice");
    } while (cursor !== undefined);
    expect([...seen].sort()).to.deep.equal(ids.filter((_, index) => index % 20 === 0).sort());
  });

  describe("among 100,000 jobs of a type", () => {
    const states = (index: number) => (index % 50 === 0 ? "failed" : index % 50 === 1 ? "cancelled" : "succeeded");
    const listed: Record<string, { id: string; at: string }[]> = {};
    const jobs = new Map<string, JobRecord>();
    before(() => {
      for (let index = 0; index < 100_000; index++) {
        const submittedAt = new Date(Date.UTC(2_026, 9, 20) + index * 1_000).toISOString();
        const labels = { hundred: String(index % 100) };
        const job = jobOf(`j${index}`, { submittedAt, labels, state: index > 99_990 ? "running" : states(index) });
        jobs.set(job.id, job);
        (listed[job.listKey!] ??= []).unshift({ id: job.id, at: submittedAt });
        if (job.endedAs) (listed[job.state] ??= []).unshift({ id: job.id, at: submittedAt });
      }
    });

    async function readsOf(query: Record<string, string>): Promise<{ reads: number; records: number; jobs: number }> {
      const counts = { reads: 0, records: 0 };
      const frontend = new FakeFrontend({
        index: {
          page(part, { to = "~" }, count, start = 0) {
            counts.reads++;
            const places = listed["listKey" in part ? part.listKey : part.state]!.filter(({ at }) => at <= to);
            const end = (start as number) + count;
            return Promise.resolve({
              places: places.slice(start as number, end),
              next: end < places.length ? end : undefined,
            });
          },
          readMany(ids) {
            counts.records += ids.length;
            return Promise.resolve(ids.map((id) => jobs.get(id)!));
          },
        },
      });
      const answer = (await list(frontend, { type: "word-count", limit: "100", ...query })).json as Listed;
      return { ...counts, jobs: answer.jobs.length };
    }

    it("reads an index once for a page of 100 that failed or were cancelled, thrice at most if it looks for some", async () => {
      expect(await readsOf({ state: "failed" })).to.deep.equal({ reads: 1, records: 100, jobs: 100 });
      expect(await readsOf({ state: "cancelled" })).to.deep.equal({ reads: 1, records: 100, jobs: 100 });
      const { reads, records, jobs } = await readsOf({ state: "failed", label: "hundred:50" });
      expect({ reads, records, jobs }).to.deep.equal({ reads: 1, records: 200, jobs: 100 });
      expect((await readsOf({ state: "failed", label: "hundred:51" })).reads).to.be.at.most(3);
    });

    it("reads each of the 8 keys once for a page of 100 of all, and of any other state", async () => {
      expect(await readsOf({})).to.deep.equal({ reads: 8, records: 100, jobs: 100 });
      expect(await readsOf({ state: "succeeded" })).to.deep.equal({ reads: 8, records: 200, jobs: 100 });
      expect(await readsOf({ state: "running" })).to.deep.equal({ reads: 8, records: 300, jobs: 9 });
      expect(await readsOf({ state: "queued" })).to.deep.equal({ reads: 8, records: 300, jobs: 0 });
    });
  });

  it("lists all the rest where a record can't be read, which says so", async () => {
    const frontend = new FakeFrontend();
    for (const id of ["a", "b", "c", "d"]) frontend.put(jobOf(id));
    frontend.items.get("b")!.progress = { S: "not json" };
    frontend.items.get("c")!.state = { S: "lost" };
    frontend.items.set("d", {
      id: { S: "d" },
      listKey: frontend.items.get("d")!.listKey!,
      submittedAt: { S: "2099-…" },
    });
    // No worker of ours writes this one.
    frontend.items.set("odd", { ...encodeRecord(jobOf("no id", { submittedAt: "2099" })) });
    frontend.items.get("odd")!.id = { S: "no id" };
    const { jobs } = (await list(frontend)).json as { jobs: Record<string, unknown>[] };
    expect(jobs.map(({ id, state, unreadable }) => [id, state, unreadable])).to.deep.equal([
      ["d", "failed", ["type", "state"]],
      ["c", "failed", ["state"]],
      ["b", "queued", ["progress"]],
      ["a", "queued", undefined],
    ]);
    expect(jobs[1]!.error).to.deep.equal({
      name: "UnreadableRecord",
      message: 'Expected a record with type, state and submittedAt, got state "lost"',
    });
    expect(jobs[2]).to.not.have.any.keys("progress", "error");
    for (const { id } of jobs) {
      const answer = await frontend.request("GET", `/jobs/${String(id)}`);
      expect(answer.json).to.deep.equal(jobs.find((each) => each.id === id));
      expect((await frontend.request("DELETE", `/jobs/${String(id)}`)).status).to.be.below(500);
    }
    expect((await walk(frontend, { limit: "1" })).flat()).to.deep.equal(["d", "c", "b", "a"]);
  });

  it("shows a job's tenant", async () => {
    const frontend = new FakeFrontend();
    frontend.put(jobOf("a", { tenant: "acme" }));
    expect(((await list(frontend)).json as Listed).jobs[0]).to.include({ id: "a", tenant: "acme" });
    expect((await frontend.request("GET", "/jobs/a")).json).to.include({ tenant: "acme" });
  });

  it("leaves out what is gone, and keeps its place when jobs come meanwhile", async () => {
    const frontend = new FakeFrontend();
    for (const id of ["a", "b", "c", "d"]) frontend.put(jobOf(id));
    const first = (await list(frontend, { limit: "2" })).json as Listed;
    expect(first.jobs.map(({ id }) => id)).to.deep.equal(["d", "c"]);
    frontend.put(jobOf("e"));
    frontend.items.delete("c");
    const second = (await list(frontend, { limit: "2", cursor: first.cursor! })).json as Listed;
    expect(second.jobs.map(({ id }) => id)).to.deep.equal(["b", "a"]);
  });

  it("refuses invalid parameters by name", async () => {
    const frontend = new FakeFrontend();
    const refused: [Record<string, string>, string[]][] = [
      [{ limit: "0" }, ["limit"]],
      [{ limit: "101" }, ["limit"]],
      [{ limit: "1.5" }, ["limit"]],
      [{ limit: "" }, ["limit"]],
      [{ state: "done" }, ["state"]],
      [{ type: "Word Count" }, ["type"]],
      [{ type: "a,b" }, ["type"]],
      [{ tenant: "a b" }, ["tenant"]],
      [{ tenant: "" }, ["tenant"]],
      [{ label: "spring" }, ["label"]],
      [{ label: "campaign:" }, ["label"]],
      [{ label: "Campaign:spring" }, ["label"]],
      [{ from: "2026-11-02" }, ["from"]],
      [{ from: "2026-02-30T00:00:00Z" }, ["from"]],
      [{ from: "yesterday", to: "2026-11-02T09:00:00" }, ["from", "to"]],
      [{ from: "2026-11-02T09:00:00Z", to: "2026-11-02T10:59:59+02:00" }, ["to"]],
      // In UTC they are of the years 10000 and -1.
      [{ from: "0000-01-01T00:00:00+01:00", to: "9999-12-31T23:59:59-01:00" }, ["from", "to"]],
      [{ labels: "campaign:spring" }, ["labels"]],
      [{ cursor: "" }, ["cursor"]],
      [{ cursor: "!" }, ["cursor"]],
      [{ cursor: encode(null) }, ["cursor"]],
      [{ cursor: encode({ at: "x", id: "a b" }) }, ["cursor"]],
      [{ cursor: encode({ at: 1, id: "a" }) }, ["cursor"]],
      [{ type: "B", state: "x", limit: "x" }, ["type", "state", "limit"]],
    ];
    for (const [query, paths] of refused) {
      const answer = await list(frontend, query);
      expectRefusal(answer, 400, "invalid-request", JSON.stringify(query));
      expect(answer.problem.errors!.map(({ path }) => path)).to.deep.equal(paths);
    }
  });

  it("requires a type if there are more than 20", async () => {
    const types = Array.from({ length: 21 }, (_, index) => ({ ...wordCount, type: `t${index}` }));
    expectRefusal(await list(new FakeFrontend({}, types)), 400, "invalid-request");
    expect((await list(new FakeFrontend({}, types), { type: "t3" })).status).to.equal(200);
    expect((await list(new FakeFrontend({}, types.slice(1)))).status).to.equal(200);
  });

  it("answers 404 if jobs are not tracked", async () => {
    expectRefusal(await list(new FakeFrontend({ records: null, index: undefined })), 404, "tracking-off");
  });

  function expectRefusal(answer: ParsedAnswer, status: number, code: string, what?: string): void {
    expect([answer.status, answer.problem.code], what).to.deep.equal([status, code]);
  }
});

describe("the index of job records in DynamoDB", () => {
  let aws: Emulators;
  before(async () => {
    aws = await Emulators.start();
    await RecordTable.create(aws.tables, "listed");
  });
  after(() => aws.stop());

  it("lists all jobs, of whom many are of one time, without their results", async () => {
    const records = Array.from({ length: 250 }, (_, index) =>
      jobOf(`j${index}`, {
        type: index % 5 === 0 ? "checksum" : "word-count",
        state: jobStates[index % jobStates.length],
        submittedAt: `2026-11-02T09:00:0${index % 3}.000Z`,
        ...(isFinal(jobStates[index % jobStates.length]!) && { result: "r".repeat(100) }),
      }),
    );
    await Promise.all(
      records.map((record) => aws.tables.send(new PutItemCommand({ TableName: "listed", Item: encodeRecord(record) }))),
    );
    const frontend = new FakeFrontend({ index: createJobIndex(aws.tables, "listed") }, [wordCount, checksum]);
    const pages = await walk(frontend, { limit: "100" });
    expect(pages.map(({ length }) => length)).to.deep.equal([100, 100, 50]);
    expect(new Set(pages.flat()).size).to.equal(250);
    const { jobs } = (await list(frontend, { type: "checksum", limit: "100" })).json as Listed;
    expect(jobs).to.have.length(50);
    expect(JSON.stringify(jobs)).not.to.include("rrr");
    expect(jobs.every((job) => "submittedAt" in job && job.state)).to.equal(true);
    // Cursors of other lists: before the first time, and longer than a key together with the state.
    const before = encode({ at: "2026-11-02T08:00:00.000Z", id: "a" });
    expect((await list(frontend, { from: "2026-11-02T09:00:00Z", cursor: before })).json).to.deep.equal({ jobs: [] });
    for (const state of ["failed", "cancelled"]) {
      const answer = await list(frontend, { state, cursor: encode({ at: "9".repeat(1_024), id: "a" }) });
      expect(answer.json, state).to.deep.equal({ jobs: [] });
    }
  });
});
