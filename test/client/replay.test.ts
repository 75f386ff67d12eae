import { expect } from "chai";
import { JobClient } from "../../client/index";
import { type CannedApi, startCannedApi } from "./support";

describe("replays and retries of the client", () => {
  let api: CannedApi;
  afterEach(() => api.close());
  const accepted = { status: 202, body: { id: "b", type: "t", state: "queued" } };

  it("replays a job, with what is to be different, always with an id or a key", async () => {
    api = await startCannedApi(() => accepted);
    const client = new JobClient({ url: api.url });
    expect(await client.replay("a")).to.include({ id: "b" });
    await client.replay({ id: "a", type: "t", state: "failed" }, { payload: null, id: "c" });
    await client.replay("a", { idempotencyKey: "k" });
    expect(api.requests.map(({ method, path }) => `${method} ${path}`)).to.deep.equal(
      Array(3).fill("POST /jobs/a/replay"),
    );
    expect(api.requests.map(({ body }) => body)).to.deep.equal([{}, { payload: null, id: "c" }, {}]);
    const keys = api.requests.map(({ headers }) => headers["idempotency-key"]);
    expect([keys[0]?.length, keys[1], keys[2]]).to.deep.equal([36, undefined, "k"]);
    const failure = await client.replay("a", { payload: { at: undefined } }).catch((error: Error) => error.message);
    expect(failure).to.match(/\/at/);
    expect(api.requests).to.have.length(3);
  });

  it("removes an ended job's data, and retries under one key", async () => {
    const job = { id: "a", type: "t", state: "failed", attempts: 1, submittedAt: "2026-01-01T00:00:00Z" };
    api = await startCannedApi(() => ({ body: job }));
    const client = new JobClient({ url: api.url });
    expect(await client.removeData("a")).to.deep.equal(job);
    await client.retry("a", { idempotencyKey: "k" });
    expect(api.requests.map(({ method, path }) => `${method} ${path}`)).to.deep.equal([
      "DELETE /jobs/a/data",
      "POST /jobs/a/retry",
    ]);
    expect(api.requests[1]!.headers["idempotency-key"]).to.equal("k");
  });
});
