import { expect } from "chai";
import fc from "fast-check";
import { JobClient } from "../../../client/index";
import { rejection } from "../../local-cloud/support";
import { type CannedAnswer, type CannedApi, problem, type SeenRequest, startCannedApi } from "../support";

interface Sent {
  id: string;
  type: string;
  payload: unknown;
}

const jobsOf = ({ body }: SeenRequest) => body.jobs as Sent[];
const taken = (request: SeenRequest) => ({
  body: { results: jobsOf(request).map(({ id }) => ({ status: 202, id })) },
});

describe("JobClient.submitMany", () => {
  let api: CannedApi;
  const start = async (answer: (request: SeenRequest, index: number) => CannedAnswer) => {
    api = await startCannedApi(answer);
    return new JobClient({ url: api.url });
  };

  afterEach(() => api?.close());

  it("sends a hundred to a request, and answers in order", async () => {
    const client = await start(taken);
    const ids = Array.from({ length: 250 }, (_, index) => `job-${index}`);
    const outcomes = await client.submitMany(ids.map((id) => ({ type: "t", payload: id, id })));
    expect(outcomes).to.deep.equal(ids.map((id) => ({ id, isAccepted: true })));
    const sizes = api.requests.map((request) => jobsOf(request).length);
    expect(sizes.sort()).to.deep.equal([100, 100, 50]);
  });

  it("sends nothing where there is nothing to send", async () => {
    const client = await start(taken);
    expect(await client.submitMany([])).to.deep.equal([]);
    expect(api.requests).to.have.length(0);
  });

  it("sends what the API could not take again, alone and under the same id", async () => {
    const client = await start((request, index) => {
      const unavailable = { status: 503, problem: { code: "unavailable", status: 503, detail: "later" } };
      const results = jobsOf(request).map(({ id, payload }) =>
        payload === index ? { status: 202, id } : { id, ...unavailable },
      );
      return { body: { results } };
    });
    const outcomes = await client.submitMany([0, 1, 2].map((payload) => ({ type: "t", payload })));
    expect(outcomes.every(({ isAccepted }) => isAccepted)).to.be.true;
    const ids = jobsOf(api.requests[0]!).map(({ id }) => id);
    expect(outcomes.map(({ id }) => id)).to.deep.equal(ids);
    expect(api.requests.map((request) => jobsOf(request).map(({ id }) => id))).to.deep.equal([
      ids,
      ids.slice(1),
      ids.slice(2),
    ]);
  });

  it("says why the API refused a job, and takes the others", async () => {
    const refusal = { code: "unknown-type", status: 422, detail: "No such type" };
    const client = await start((request) => ({
      body: {
        results: jobsOf(request).map(({ id, type }) =>
          type === "no" ? { status: 422, id, problem: refusal } : { status: 202, id },
        ),
      },
    }));
    const outcomes = await client.submitMany(["yes", "no"].map((type) => ({ type, payload: 1, id: type })));
    expect(outcomes).to.deep.equal([
      { id: "yes", isAccepted: true },
      { id: "no", isAccepted: false, problem: refusal },
    ]);
  });

  it("throws where a whole request is refused", async () => {
    const client = await start(() => problem(400, "invalid-request", "wrong"));
    expect(await rejection(client.submitMany([{ type: "t", payload: 1 }]))).to.include({ code: "invalid-request" });
  });

  it("keeps each request within what Lambda takes, every job once and in order", async () => {
    const client = await start(taken);
    const payload = fc.constantFrom('"'.repeat(119_000), "\\".repeat(60_000), "a".repeat(239_000), "ä".repeat(100), "");
    await fc.assert(
      fc.asyncProperty(fc.array(payload, { minLength: 90, maxLength: 220 }), async (payloads) => {
        api.requests.length = 0;
        const outcomes = await client.submitMany(payloads.map((each) => ({ type: "t", payload: each })));
        const sent = new Map(api.requests.flatMap(jobsOf).map(({ id, payload: each }) => [id, each]));
        expect(outcomes.map(({ id }) => sent.get(id))).to.deep.equal(payloads);
        for (const request of api.requests) {
          expect(Buffer.byteLength(JSON.stringify({ body: request.text }))).to.be.lessThan(6 * 1_024 * 1_024);
          expect(jobsOf(request).length).to.be.within(1, 100);
        }
      }),
      { numRuns: 8 },
    );
  });
});
