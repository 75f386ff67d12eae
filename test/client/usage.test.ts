import { expect } from "chai";
import { JobClient, type UsageReport } from "../../client/index";
import { rejection } from "../local-cloud/support";
import { type CannedApi, type SeenRequest, startCannedApi } from "./support";

const days = { by: "tenant", from: "2026-11-01", to: "2026-11-30" } as const;

describe("JobClient.usage", () => {
  let api: CannedApi;
  afterEach(() => api.close());
  const start = async (answer: (request: SeenRequest) => object) => {
    api = await startCannedApi((request) => ({ body: answer(request) }));
    return new JobClient({ url: api.url });
  };

  it("adds up all parts of an answer", async () => {
    const acme = { day: "2026-11-01", tenant: "acme" };
    const parts: Record<string, UsageReport> = {
      first: {
        ...{ ...days, cursor: "second" },
        rows: [{ ...acme, jobs: 1, seconds: 0.1, dollars: 0.1 }],
        total: { jobs: 2, seconds: 0.3, dollars: 0.2, instanceSeconds: 1, idleSeconds: 0.7, instanceDollars: 0.5 },
      },
      second: {
        ...{ ...days, cursor: "third" },
        rows: [],
        total: { jobs: 0, seconds: 0, instanceSeconds: 0.5, idleSeconds: 0.5 },
      },
      third: {
        ...days,
        rows: [
          { ...acme, jobs: 1, seconds: 0.2, unpriced: true },
          { ...acme, day: "2026-10-31", jobs: 1, seconds: 1 },
        ],
        total: { jobs: 2, seconds: 1.2, unpriced: true },
      },
    };
    const client = await start(({ path }) => parts[new URL(path, "http://a").searchParams.get("cursor") ?? "first"]!);
    const total = { jobs: 4, seconds: 1.5, dollars: 0.2, instanceSeconds: 1.5, idleSeconds: 0, instanceDollars: 0.5 };
    expect(await client.usage({ ...days, per: "day" })).to.deep.equal({
      ...days,
      rows: [
        { ...acme, day: "2026-10-31", jobs: 1, seconds: 1 },
        { ...acme, jobs: 2, seconds: 0.3, dollars: 0.1, unpriced: true },
      ],
      total: { ...total, idleDollars: 0.3, unpriced: true },
    });
    const asked = "/usage?by=tenant&from=2026-11-01&to=2026-11-30&per=day";
    expect(api.requests.map(({ path }) => path)).to.deep.equal([
      ...[asked, `${asked}&cursor=second`, `${asked}&cursor=third`],
    ]);
  });

  it("says that something other than the API answers", async () => {
    for (const body of [{}, { rows: [] }, { rows: [1], total: {} }, { rows: {}, total: {} }]) {
      const client = await start(() => body);
      expect((await rejection(client.usage())).message).to.contain("Expected usage from the API");
      await api.close();
    }
  });
});
