import { expect } from "chai";
import { type CannedApi, type SeenRequest, startCannedApi } from "../client/support";
import { runCli } from "./support";

/** It takes the ten seconds after which a call goes to the next URL. */
describe("batch-jobs, when the first of its URLs fails", () => {
  let apis: CannedApi[] = [];
  after(() => Promise.all(apis.map((api) => api.close())));

  it("submits to the second under the same id, and says so on standard error alone", async () => {
    const taken = ({ body }: SeenRequest) => ({ status: 202, body: { id: body.id, type: "t", state: "queued" } });
    apis = await Promise.all([startCannedApi(() => ({ status: 503 })), startCannedApi(taken)]);
    const [first, second] = apis.map(({ url }) => url);
    const env = { BATCH_JOBS_URL: `${first},${second}` };
    const run = await runCli(["submit", "t", "1", "--json"], { env });
    expect(run.code).to.equal(0);
    expect(run.stderr).to.equal(
      `… ${first} fails (The API failed (503: no problem document) at ${first}jobs): calls go to ${second} now\n`,
    );
    const { id, url } = JSON.parse(run.stdout) as { id: string; url: string };
    expect(url).to.equal(second);
    expect(new Set(apis.flatMap(({ requests }) => requests.map(({ body }) => body.id)))).to.deep.equal(new Set([id]));
  });
});
