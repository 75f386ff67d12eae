import { expect } from "chai";
import type { JobRecord } from "../../../../contract/records/record";
import { FakeFrontend } from "../../support/fakeFrontend";

const ids = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7";
const traceparent = `00-${ids}-01`;
const other = traceparent.replace("4", "5");
const job = { id: "a", type: "word-count", payload: { text: "a b" } };
const traced = (header: string) => ({ headers: { "content-type": "application/json", TraceParent: header } });

describe("traceparent of a submission", () => {
  let frontend: FakeFrontend;
  beforeEach(() => (frontend = new FakeFrontend()));

  const traceOf = (id: string) => [frontend.record(id)?.traceparent, frontend.published.at(-1)?.traceparent];
  const post = (path: string, body?: object, header?: string) =>
    frontend.request("POST", path, body, header === undefined ? {} : traced(header));
  const end = (id: string, state: JobRecord["state"]) =>
    frontend.put({ ...frontend.record(id)!, state, finishedAt: "2026-11-02T10:00:00.000Z" });

  it("is kept in record and message", async () => {
    await post("/jobs", job, traceparent);
    expect(traceOf("a")).to.deep.equal([traceparent, traceparent]);
  });

  it("is ignored if it has another length or other characters, and nothing is kept without one", async () => {
    await post("/jobs", job, "00-0-0-01");
    await post("/jobs", { ...job, id: "b" });
    for (const text of [
      JSON.stringify(frontend.published),
      JSON.stringify(["a", "b"].map((id) => frontend.record(id))),
    ])
      expect(text).not.to.include("traceparent");
  });

  it("is that of the whole batch, and of a job in a schedule", async () => {
    await post("/jobs/batch", { jobs: [job, { ...job, id: "b", delaySeconds: 86_400 }] }, traceparent);
    expect(traceOf("a")).to.deep.equal([traceparent, traceparent]);
    expect(frontend.scheduled[0]).to.include({ id: "b", traceparent });
  });

  it("stays that of the first submission if the job is submitted again", async () => {
    await post("/jobs", job, traceparent);
    expect((await post("/jobs", job, other)).status).to.equal(202);
    expect(traceOf("a")).to.deep.equal([traceparent, traceparent]);
  });

  it("goes with a retry", async () => {
    await post("/jobs", job, traceparent);
    end("a", "cancelled");
    expect((await post("/jobs/a/retry", undefined, other)).status).to.equal(202);
    expect(traceOf("a")).to.deep.equal([traceparent, traceparent]);
  });

  it("of a replay is its caller's, else the replayed job's, else that job by its id, and so of its replays", async () => {
    const replay = async (id: string, header?: string) => {
      end(id, "succeeded");
      const { json } = await post(`/jobs/${id}/replay`, undefined, header);
      const replayed = (json as { id: string }).id;
      const [kept, sent] = traceOf(replayed);
      expect(kept).to.equal(sent);
      return { id: replayed, kept };
    };
    await post("/jobs", job, traceparent);
    expect((await replay("a")).kept).to.equal(traceparent);
    expect((await replay("a", other)).kept).to.equal(other);
    await post("/jobs", { ...job, id: "b" });
    const first = await replay("b");
    expect(first.kept).to.equal("job:b");
    expect((await replay(first.id)).kept).to.equal("job:b");
  });

  it("counts as a part of a message that a schedule must hold", async () => {
    // Each quote takes two bytes more in a schedule's input.
    const body = (quotes: number) => ({ ...job, payload: '"'.repeat(quotes), type: "checksum", delaySeconds: 86_400 });
    const fits = async (quotes: number, header?: string) => {
      const frontend = new FakeFrontend();
      await frontend.request("POST", "/jobs", body(quotes), header ? traced(header) : {});
      return frontend.scheduled[0]!.payloadRef === undefined;
    };
    let [fitting, refused] = [60_000, 70_000];
    while (refused - fitting > 1) {
      const middle = Math.floor((fitting + refused) / 2);
      if (await fits(middle)) fitting = middle;
      else refused = middle;
    }
    expect(await fits(fitting, traceparent)).to.equal(false);
  });
});
