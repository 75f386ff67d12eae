import { createHash } from "node:crypto";
import { expect } from "chai";
import { ConnectionError, JobClient, JobProblemError, ResultOmitted } from "../../client/index";
import { rejection } from "../local-cloud/support";
import { type CannedAnswer, type CannedApi, problem, type SeenRequest, startCannedApi } from "./support";

const job = { id: "a", type: "word-count", state: "queued", attempts: 0, submittedAt: "2026-11-24T00:00:00.000Z" };
const accepted = { status: 202, body: { id: "a", type: "word-count", state: "queued", links: { self: "/jobs/a" } } };

interface Types {
  "word-count": { payload: { text: string }; result: { words: number } };
}

describe("JobClient", () => {
  let api: CannedApi;
  let client: JobClient<Types>;

  async function start(answer: (request: SeenRequest, index: number) => CannedAnswer, more: object = {}) {
    api = await startCannedApi(answer);
    client = new JobClient<Types>({ url: api.url, ...more });
  }

  afterEach(() => api.close());

  it("submits under a new idempotency key each time, or under the caller's id or key", async () => {
    await start(() => accepted);
    const submitted = await client.submit("word-count", { text: "to be" });
    expect(submitted).to.include({ id: "a", state: "queued" });
    await client.submit("word-count", { text: "to be" });
    await client.submit("word-count", { text: "to be" }, { idempotencyKey: "k" });
    await client.submit("word-count", { text: "to be" }, { id: "mine" });
    const keys = api.requests.map(({ headers }) => headers["idempotency-key"]);
    expect(new Set(keys).size).to.equal(4);
    expect(keys[0]).to.match(/^[0-9a-f-]{36}$/);
    expect(keys.slice(2)).to.deep.equal(["k", undefined]);
    expect(api.requests[3]!.body).to.deep.equal({ type: "word-count", payload: { text: "to be" }, id: "mine" });
  });

  it("reads a job with its payload or without, and waits without", async () => {
    await start((_request, index) => ({ body: { ...job, state: index < 4 ? "running" : "succeeded" } }));
    await client.get("a");
    await client.get("a", { payload: false });
    await client.wait("a");
    const [whole, ...others] = api.requests.map(({ path }) => path);
    expect(whole).to.equal("/jobs/a");
    expect(others).to.deep.equal(Array(4).fill("/jobs/a?payload=false"));
  });

  it("throws only where a result that was left out is read", async () => {
    const resultOmitted = { bytes: 70_000, sha256: "0a", reason: "It is too large" };
    await start(() => ({ status: 200, body: { ...job, state: "succeeded", resultOmitted } }));
    for (const seen of [await client.get("a"), await client.wait("a")]) {
      expect(seen).to.include({ state: "succeeded" });
      expect(seen.resultOmitted).to.deep.equal(resultOmitted);
      expect(JSON.parse(JSON.stringify(seen))).to.deep.equal({ ...job, state: "succeeded", resultOmitted });
      expect(() => seen.result)
        .to.throw(ResultOmitted, "The result of job a was left out: It is too large")
        .that.includes({ jobId: "a", bytes: 70_000, sha256: "0a" });
    }
  });

  it("fetches a result from S3, checks it, and leaves it there where it isn't wanted", async () => {
    const text = '{"words":3}';
    const sha256 = createHash("sha256").update(text).digest("hex");
    const ref = { bytes: 11, sha256, expiresAt: "2026-11-24T00:15:00.000Z" };
    let content = text;
    let more = {};
    await start(({ path }) => {
      if (path.startsWith("/s3/")) return { body: content };
      return { body: { ...job, state: "succeeded", resultRef: { url: `${api.url}s3/a?signed`, ...ref, ...more } } };
    });
    for (const seen of [await client.get("a"), await client.wait("a")]) {
      expect(seen.result).to.deep.equal({ words: 3 });
      expect(JSON.parse(JSON.stringify(seen))).to.deep.include({ result: { words: 3 } });
    }
    const fetched = api.requests.filter(({ path }) => path.startsWith("/s3/"));
    expect(fetched.map(({ method, headers }) => [method, headers.authorization])).to.deep.equal([
      ["GET", undefined],
      ["GET", undefined],
    ]);
    for (const seen of [await client.get("a", { result: false }), await client.wait("a", { result: false })]) {
      expect(() => seen.result).to.throw(ResultOmitted, "It is in S3, from where `get` fetches it");
    }
    expect(api.requests.filter(({ path }) => path.startsWith("/s3/"))).to.have.length(2);
    for (const [wrong, ofRef, message] of [
      ['{"words":4}', {}, `with the SHA-256 ${sha256}, got 11 with `],
      ['{"words":30}', {}, "Expected the result of job a to have 11 bytes"],
      [
        "{",
        { bytes: 1, sha256: createHash("sha256").update("{").digest("hex") },
        "Expected JSON as the result of job a",
      ],
    ] as const) {
      [content, more] = [wrong, ofRef];
      const error = await rejection(client.get("a"));
      expect(error).to.be.instanceOf(JobProblemError);
      expect(error.message).to.include(message);
    }
  });

  it("sends a job's start time and tenant", async () => {
    await start(() => accepted);
    await client.submit("word-count", { text: "" }, { delaySeconds: 0, tenant: "t" });
    await client.submit("word-count", { text: "" }, { runAt: new Date(0) });
    const job = { type: "word-count", payload: { text: "" } };
    expect(api.requests.map(({ body }) => body)).to.deep.equal([
      { ...job, delaySeconds: 0, tenant: "t" },
      { ...job, runAt: "1970-01-01T00:00:00.000Z" },
    ]);
  });

  it("tries again with the same key after a cut, 5xx and 429, and waits as Retry-After says", async () => {
    const times: number[] = [];
    const answers: CannedAnswer[] = [
      "cut",
      { status: 502, body: "<html>" },
      { status: 429, headers: { "retry-after": "1" }, body: { message: "Too Many Requests" } },
      problem(503, "unavailable", "later"),
      accepted,
    ];
    await start((_request, index) => {
      times.push(performance.now());
      return answers[index]!;
    });
    await client.submit("word-count", { text: "" });
    expect(api.requests).to.have.length(5);
    expect(new Set(api.requests.map(({ headers }) => headers["idempotency-key"])).size).to.equal(1);
    expect(new Set(api.requests.map(({ text }) => text)).size).to.equal(1);
    expect(times[3]! - times[2]!).to.be.greaterThan(995);
  });

  it("doesn't try again what the API refuses, and throws it with code, status and fields", async () => {
    const errors = [{ path: "/payload/text", message: "Expected a text, got nothing" }];
    await start(() => problem(422, "invalid-payload", "The payload is wrong", { errors }));
    const error = (await rejection(client.submit("word-count", { text: "" }))) as JobProblemError;
    expect(error).to.be.instanceOf(JobProblemError);
    expect(error).to.include({ code: "invalid-payload", status: 422, message: "The payload is wrong" });
    expect(error.errors).to.deep.equal(errors);
    expect(api.requests).to.have.length(1);
  });

  it("gives up after maxAttempts, with the last attempt's error", async () => {
    await start((_request, index) => (index < 2 ? "cut" : problem(503, "unavailable", "AWS refused")), {
      maxAttempts: 3,
    });
    const error = await rejection(client.get("a"));
    expect(error).to.include({ name: "JobProblemError", code: "unavailable", message: "AWS refused" });
    expect(api.requests).to.have.length(3);
  });

  it("says what is at an address where nothing listens", async () => {
    await start(() => accepted, { maxAttempts: 2 });
    await api.close();
    const error = await rejection(client.types());
    expect(error).to.be.instanceOf(ConnectionError);
    expect(error.message).to.match(/^Could not reach http:\/\/127\.0\.0\.1:\d+: .*ECONNREFUSED/);
    await start(() => accepted);
  });

  it("ends an attempt at its timeout", async () => {
    await start((_request, index) => (index === 0 ? "hang" : { body: job }), { requestTimeoutSeconds: 0.1 });
    expect(await client.get("a")).to.deep.equal(job);
    expect(api.requests).to.have.length(2);
  });

  it("ends at once when the caller aborts, during an attempt and between two", async () => {
    for (const answer of ["hang", { status: 503, headers: { "retry-after": "30" } }] as const) {
      const stop = new AbortController();
      await start(() => {
        setTimeout(() => stop.abort(new Error("enough")), 20);
        return answer;
      });
      const error = await rejection(client.get("a", { signal: stop.signal }));
      expect(error.message).to.match(/enough|aborted/);
      expect(api.requests).to.have.length(1);
      if (answer === "hang") await api.close();
    }
  });

  it("keeps the path of the API's stage", async () => {
    await start(() => ({ body: { types: [] } }));
    await new JobClient({ url: `${api.url}prod` }).types();
    await new JobClient({ url: `${api.url}prod/` }).types();
    expect(api.requests.map(({ path }) => path)).to.deep.equal(["/prod/types", "/prod/types"]);
  });

  it("lists with the given filters, and returns the cursor", async () => {
    await start(() => ({ body: { jobs: [job], cursor: "c2" } }));
    const page = await client.list({ type: "word-count", state: "failed", limit: 5, cursor: "c1" });
    expect(page).to.deep.equal({ jobs: [job], cursor: "c2" });
    await client.list({ tenant: "a", label: "team:x", from: new Date(0), to: "2026-11-02T09:00:00+01:00" });
    expect(api.requests[1]!.path).to.equal(
      "/jobs?tenant=a&label=team%3Ax&from=1970-01-01T00%3A00%3A00.000Z&to=2026-11-02T09%3A00%3A00%2B01%3A00",
    );
    expect(api.requests[0]!.path).to.equal("/jobs?type=word-count&state=failed&limit=5&cursor=c1");
  });

  it("cancels, and treats a job that is already cancelled as a success", async () => {
    const cancelled = { ...job, state: "cancelled" };
    await start(({ method }, index) => {
      if (method === "GET") return { body: cancelled };
      return index === 0 ? "cut" : problem(409, "job-finished", "Job a has ended");
    });
    expect(await client.cancel("a")).to.deep.equal(cancelled);
    expect(api.requests.map(({ method }) => method)).to.deep.equal(["DELETE", "DELETE", "GET"]);
  });

  it("throws the conflict of a job that has ended in another state", async () => {
    await start(({ method }) =>
      method === "GET" ? { body: { ...job, state: "succeeded" } } : problem(409, "job-finished", "Job a has ended"),
    );
    expect(await rejection(client.cancel("a"))).to.include({ code: "job-finished", message: "Job a has ended" });
  });

  it("sends no request for an invalid id", async () => {
    await start(() => ({ body: job }));
    for (const id of ["", ".", "..", "a/b", "a?b", "../types", "ä", "a".repeat(81)]) {
      expect(await rejection(client.get(id)), id).to.include({ code: "job-not-found" });
      expect(await rejection(client.cancel(id)), id).to.include({ code: "job-not-found" });
    }
    expect(api.requests).to.have.length(0);
    const odd = "._-aZ0.-_";
    await client.get(odd);
    expect(api.requests[0]!.path).to.equal(`/jobs/${odd}`);
  });

  it("says that something other than the API answers", async () => {
    for (const [answer, text] of [
      [{ body: "<html>hello</html>" }, /Expected the answer of a batch job API at .*\/types, got status 200/],
      [{ body: { hello: 1 } }, /Expected job types from the API at http:.*\/types, got an object/],
      [{ status: 404, body: { message: "Not Found" } }, /got status 404 \(Not Found\)/],
    ] as const) {
      await start(() => answer);
      const error = await rejection(client.types());
      expect(error).to.include({ code: "unexpected-answer" });
      expect(error.message).to.match(text);
      await api.close();
    }
    await start(() => accepted);
  });

  it("reports a refused signature or token", async () => {
    await start(() => ({ status: 403, body: { message: "Forbidden" } }));
    expect(await rejection(client.types())).to.include({ code: "unauthorized", status: 403 });
    expect(api.requests).to.have.length(1);
  });

  it("has types of payload and result", async () => {
    await start(() => accepted);
    // @ts-expect-error the payload has no text
    await client.submit("word-count", { txt: "" });
    // @ts-expect-error there is no such type
    await client.submit("thumbnail", {});
    const submitted = await client.submit("word-count", { text: "" });
    const words: ((job: Awaited<ReturnType<typeof client.get<"word-count">>>) => number | undefined) | undefined = (
      ended,
    ) => ended.result?.words;
    expect(words({ ...job, type: submitted.type, state: "succeeded", result: { words: 2 } })).to.equal(2);
  });
});
