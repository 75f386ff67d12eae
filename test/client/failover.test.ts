import { expect } from "chai";
import { readJob } from "../../client/answers";
import { Origins } from "../../client/connection/origins";
import { type Failover, JobClient, type JobClientOptions } from "../../client/index";
import { Submissions } from "../../client/submission/Submissions";
import { limits } from "../../contract/limits";
import { rejection } from "../local-cloud/support";
import { until } from "../support/until";
import { type CannedAnswer, type CannedApi, problem, type SeenRequest, startCannedApi } from "./support";

const submittedAt = "2026-11-24T00:00:00.000Z";
const job = { id: "a", type: "t", state: "queued", attempts: 0, submittedAt };
const missing = problem(404, "job-not-found", "No job has the id a");
const taken = ({ path, body }: SeenRequest): CannedAnswer => {
  if (path !== "/jobs/batch") return { status: 202, body: { id: body.id, type: "t", state: "queued" } };
  return { body: { results: (body.jobs as { id: string }[]).map(({ id }) => ({ status: 202, id })) } };
};

describe("a client with several URLs", () => {
  let apis: CannedApi[] = [];
  let changes: Failover[] = [];
  let urls: string[] = [];

  /** APIs with these answers, and a client of them. */
  async function start(answers: ((request: SeenRequest, index: number) => CannedAnswer)[], more: object = {}) {
    apis = await Promise.all(answers.map(startCannedApi));
    urls = apis.map(({ url }) => url);
    changes = [];
    return new JobClient(optionsWith(more));
  }
  const optionsWith = (more: object): JobClientOptions => ({
    ...{ url: urls, failoverAfterSeconds: 0.2, onFailover: (change) => changes.push(change) },
    ...more,
  });
  const idsOf = (api: CannedApi) => api.requests.map(({ body }) => body.id);

  afterEach(() => Promise.all(apis.map((api) => api.close())));

  for (const kind of ["cut", "hang", { status: 503 }] as const) {
    it(`submits to the second under the same id, and stays there: ${JSON.stringify(kind)}`, async () => {
      const client = await start([() => kind, taken]);
      const submitted = await client.submit("t", 1);
      expect(submitted).to.include({ url: urls[1], state: "queued" });
      expect(new Set(apis.flatMap(idsOf))).to.deep.equal(new Set([submitted.id]));
      expect(changes).to.have.length(1);
      expect(changes[0]).to.include({ from: urls[0], to: urls[1] });
      expect(changes[0]!.reason).to.have.property("message");
      const tries = apis[0]!.requests.length;
      await client.submit("t", 2, { id: "mine" });
      await client.submit("t", 3, { idempotencyKey: "k" });
      expect(apis[0]!.requests).to.have.length(tries);
      expect(idsOf(apis[1]!)[1]).to.equal("mine");
      expect(idsOf(apis[1]!)[2]).to.match(/^[0-9a-f]{64}$/);
    });
  }

  it("doesn't change over for a refusal or a throttled API, and gives up when all have failed", async () => {
    const answers: CannedAnswer[] = [problem(422, "invalid-payload", "no"), { status: 429 }, { status: 429 }];
    const client = await start([(_request, index) => answers[index] ?? { status: 503 }, () => "cut"]);
    expect(await rejection(client.submit("t", 1))).to.include({ code: "invalid-payload" });
    expect(await rejection(new JobClient(optionsWith({ maxAttempts: 2 })).submit("t", 1))).to.include({ status: 429 });
    expect(changes).to.deep.equal([]);
    expect(await rejection(client.submit("t", 1))).to.include({ name: "ConnectionError" });
  });

  it("is patient with the only one in use, though that needs more time", async () => {
    const client = await start([() => "cut", (request, index) => (index % 2 === 0 ? "hang" : taken(request))], {
      requestTimeoutSeconds: 1.5,
    });
    for (let count = 0; count < 2; count++) expect((await client.submit("t", 1)).url).to.equal(urls[1]);
    expect(changes).to.have.length(1);
  });

  it("resends what a batch's first API could not take, alone", async () => {
    const unavailable = { status: 503, problem: { code: "unavailable", status: 503, detail: "later" } };
    const client = await start([
      ({ body }) => ({
        body: {
          results: (body.jobs as { id: string }[]).map(({ id }) =>
            id === "one" ? { status: 202, id } : { id, ...unavailable },
          ),
        },
      }),
      taken,
    ]);
    const outcomes = await client.submitMany(["one", "two", "three"].map((id) => ({ type: "t", payload: 1, id })));
    expect(outcomes).to.deep.equal([
      { id: "one", isAccepted: true, url: urls[0] },
      { id: "two", isAccepted: true, url: urls[1] },
      { id: "three", isAccepted: true, url: urls[1] },
    ]);
    expect(apis[1]!.requests.map(({ body }) => (body.jobs as { id: string }[]).map(({ id }) => id))).to.deep.equal([
      ["two", "three"],
    ]);
  });

  it("uploads a large payload again, to the region that takes the job", async () => {
    let bucket = "";
    const upload = { headers: {}, expiresAt: submittedAt };
    const client = await start([
      ({ path }) => (path === "/uploads" ? { body: { ...upload, url: `${bucket}first` } } : { status: 500 }),
      (request) => {
        if (request.path === "/uploads") return { body: { ...upload, url: `${bucket}second` } };
        return request.method === "PUT" ? {} : taken(request);
      },
    ]);
    bucket = urls[1]!;
    const payload = "a".repeat(limits.maxPayloadBytes);
    expect((await client.submit("t", payload, { id: "big" })).url).to.equal(urls[1]);
    const [outcome] = await new JobClient(optionsWith({})).submitMany([{ type: "t", payload, id: "big" }]);
    expect(outcome).to.deep.equal({ id: "big", isAccepted: true, url: urls[1] });
    const puts = apis[1]!.requests.filter(({ method }) => method === "PUT").map(({ path }) => path);
    expect(puts).to.deep.equal(["/first", "/second", "/first", "/second"]);
  });

  it("asks the API that took the job first, then the others; all must have answered for a 404", async () => {
    const has = { body: job };
    const client = await start([() => missing, () => has]);
    expect(await client.get("a")).to.deep.equal({ ...job, url: urls[1] });
    expect(apis[0]!.requests).to.have.length(1);
    const there = { id: "a", type: "t", state: "queued", url: urls[1] } as const;
    await Promise.all([client.get(there), client.cancel(there), client.retry(there), client.removeData(there)]);
    expect(apis[0]!.requests).to.have.length(1);
    await Promise.all(apis.map((api) => api.close()));
    const partly = await start([() => missing, () => "cut"]);
    expect(await rejection(partly.get("a"))).to.include({ name: "ConnectionError" });
    await Promise.all(apis.map((api) => api.close()));
    const nowhere = await start([() => missing, () => missing]);
    expect(await rejection(nowhere.get("a"))).to.include({ code: "job-not-found" });
    expect(changes).to.deep.equal([]);
  });

  it("retries failed jobs where they are", async () => {
    const answer =
      (own: string) =>
      ({ body }: SeenRequest): CannedAnswer => ({
        body: {
          results: (body.ids as string[]).map((id) => {
            const gone = { code: "job-not-found", status: 404, detail: "none" };
            return id === own ? { status: 202, id } : { id, status: 404, problem: gone };
          }),
        },
      });
    const client = await start([answer("one"), answer("two")]);
    const outcomes = await client.retryMany(["one", "two", "three"]);
    expect(outcomes.map(({ isAccepted }) => isAccepted)).to.deep.equal([true, true, false]);
    expect(apis[1]!.requests[0]!.body.ids).to.deep.equal(["two", "three"]);
  });

  it("merges lists, newest first, each job once, whatever the pages", async () => {
    const jobs = Array.from({ length: 23 }, (_, index) => ({
      ...{ ...job, id: `job-${index}` },
      submittedAt: new Date(1_000_000_000_000 - index * 1_000).toISOString(),
    }));
    const regions = [jobs.filter((_job, index) => index % 3 > 0), jobs.filter((_job, index) => index % 3 === 0)];
    const answer = (own: typeof jobs) => (request: SeenRequest) => {
      const { searchParams } = new URL(request.path, "http://localhost");
      const [from, limit] = [Number(searchParams.get("cursor") ?? 0), Number(searchParams.get("limit"))];
      const more = from + limit < own.length ? { cursor: String(from + limit) } : {};
      return { body: { jobs: own.slice(from, from + limit), ...more } };
    };
    const client = await start(regions.map(answer));
    for (const limit of [1, 4, 7, 100]) {
      const listed: unknown[] = [];
      let cursor: string | undefined;
      do {
        const page = await client.list({ limit, cursor });
        expect(page.jobs.length).to.be.within(1, limit);
        for (const { id, url } of page.jobs) {
          listed.push(id);
          expect(regions[urls.indexOf(url!)]!.some((each) => each.id === id)).to.be.true;
        }
        cursor = page.cursor;
      } while (cursor !== undefined);
      expect(listed, String(limit)).to.deep.equal(jobs.map(({ id }) => id));
    }
    expect(await rejection(client.list({ cursor: "x" }))).to.include({ code: "invalid-request" });
  });

  it("lists what it can, and names the APIs that didn't answer", async () => {
    const client = await start([() => "cut", () => ({ body: { jobs: [job] } })]);
    for (let count = 0; count < 2; count++) {
      const page = await client.list();
      expect(page).to.deep.equal({ jobs: [{ ...job, url: urls[1] }], unreachable: [urls[0]] });
    }
    await apis[1]!.close();
    expect(await rejection(client.list())).to.include({ name: "ConnectionError" });
    apis.pop();
  });

  it("adds up usage of one API: all parts anew, if the first fails in the midst of them", async () => {
    const part = (jobs: number, cursor?: string): CannedAnswer => {
      return { body: { by: "type", from: "f", to: "t", rows: [], total: { jobs, seconds: jobs }, cursor } };
    };
    const isNext = ({ path }: SeenRequest) => path.includes("cursor=");
    const client = await start([
      (request) => (isNext(request) ? { status: 503, body: {} } : part(1, "next")),
      (request) => (isNext(request) ? part(20) : part(10, "next")),
    ]);
    const report = await client.usage();
    expect(report.total.jobs).to.equal(30);
    expect(report).to.include({ url: urls[1] });
    expect(apis[1]!.requests.map(({ path }) => path)).to.deep.equal(["/usage", "/usage?cursor=next"]);
  });

  it("returns to the first after 60 s, once its deep health is good", async () => {
    let isWell = false;
    await start([
      ({ path }) => (path === "/health?deep=1" ? { status: isWell ? 200 : 503 } : isWell ? { body: job } : "cut"),
      () => ({ body: job }),
    ]);
    let time = 0;
    const origins = new Origins(optionsWith({}), { now: () => time });
    const get = () => origins.request({ method: "GET", path: "jobs/a" }, readJob);
    const looks = () => apis[0]!.requests.filter(({ path }) => path.startsWith("/health")).length;
    expect((await get()).url).to.equal(urls[1]);
    time = 59_999;
    await get();
    expect(looks()).to.equal(0);
    time = 60_000;
    for (let count = 0; count < 3; count++) expect((await get()).url).to.equal(urls[1]);
    await until(() => looks() === 1);
    isWell = true;
    time = 120_000;
    expect((await get()).url).to.equal(urls[1]);
    await until(() => changes.length === 2);
    expect(changes[1]).to.deep.equal({ from: urls[1], to: urls[0], reason: undefined });
    expect((await get()).url).to.equal(urls[0]);
  });

  it("returns to one that failed submissions only with one that it takes; others and reads stay away meanwhile", async () => {
    let doesTake = false;
    await start([
      (request) => {
        if (request.path === "/health?deep=1") return { status: 200 };
        if (request.method === "GET") return { body: job };
        return doesTake ? taken(request) : { status: 503 };
      },
      (request) => (request.method === "GET" ? { body: job } : taken(request)),
    ]);
    let time = 0;
    const origins = new Origins(optionsWith({}), { now: () => time });
    const submissions = new Submissions(origins);
    const submitted = () => apis[0]!.requests.filter(({ path }) => path.startsWith("/jobs"));
    const submit = async (id: string) => (await submissions.submit("t", 1, { id })).url;
    const submitBatch = async (id: string) => (await submissions.submitMany([{ type: "t", payload: 1, id }]))[0];
    const get = () => origins.request({ method: "GET", path: "jobs/a" }, readJob);
    const looks = () => apis[0]!.requests.filter(({ path }) => path.startsWith("/health")).length;
    expect(await submit("first")).to.equal(urls[1]);
    const tries = submitted().length;
    for (const [round, submitOne] of [submit, submitBatch].entries()) {
      time += 60_000;
      expect(await submit("before its health is known")).to.equal(urls[1]);
      await until(() => looks() === round + 1);
      expect((await get()).url).to.equal(urls[1]);
      // Only one of them is the trial, under the id that the other API then takes.
      const [tried] = await Promise.all([submitOne(`trial-${round}`), submit("other"), submit("another")]);
      expect(tried).to.deep.equal(round === 0 ? urls[1] : { id: "trial-1", isAccepted: true, url: urls[1] });
      expect(submitted()).to.have.length(tries + round + 1);
      expect(submitted().at(-1)!.text).to.include(`"trial-${round}"`);
      expect(await submit("after the trial")).to.equal(urls[1]);
    }
    expect(changes).to.have.length(1);
    doesTake = true;
    time += 60_000;
    expect(await submit("before its health is known")).to.equal(urls[1]);
    await until(() => looks() === 3);
    expect(await rejection(submissions.submit("t", () => 1, {}))).to.include({ code: "invalid-request" });
    expect(await submit("last")).to.equal(urls[0]);
    expect(changes.slice(1)).to.deep.equal([{ from: urls[1], to: urls[0], reason: undefined }]);
    expect((await get()).url).to.equal(urls[0]);
  });

  it("tells the deep health, though it is a 503", async () => {
    const failing = { status: "failing", parts: { types: { status: "ok", count: 1 }, counts: { status: "failing" } } };
    const client = await start([() => ({ status: 503, body: failing }), () => "cut"]);
    expect(await client.health()).to.deep.equal(failing);
    await Promise.all(apis.map((api) => api.close()));
    apis = [await startCannedApi(() => ({ body: { status: "ok" } }))];
    const older = new JobClient({ url: apis[0]!.url });
    expect(await rejection(older.health())).to.include({ code: "unexpected-answer" });
  });

  it("authorises each request for its own API", async () => {
    const client = await start([() => missing, () => ({ body: job })], { token: (url: string) => `for:${url}` });
    await client.get("a");
    const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
    const authorization = (url: string) => ({
      ...{ authorization: "iam", credentials, region: url === urls[0] ? "eu-west-1" : "us-west-2" },
    });
    await new JobClient(optionsWith({ authorization })).get("a");
    const sent = apis.map(({ requests }) => requests.map(({ headers }) => headers.authorization));
    expect(sent.map(([token]) => token)).to.deep.equal(urls.map((url) => `Bearer for:${url}`));
    expect(sent[0]![1]).to.include("/eu-west-1/execute-api/");
    expect(sent[1]![1]).to.include("/us-west-2/execute-api/");
  });

  it("refuses a missing URL, and an invalid time", () => {
    expect(() => new JobClient({ url: [] })).to.throw(TypeError, "at least one URL");
    for (const failoverAfterSeconds of [0, -1, NaN]) {
      expect(() => new JobClient({ url: "http://127.0.0.1/", failoverAfterSeconds })).to.throw(RangeError, "above 0");
    }
  });
});
