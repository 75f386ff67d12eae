import { expect } from "chai";
import { type CannedApi, startCannedApi } from "../client/support";
import { runCli } from "./support";

const health = { status: "ok", parts: { types: { status: "ok", count: 0 }, counts: { status: "ok" } } };
const keys = { AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "secret" };

/** A drill calls each of its URLs. */
describe("batch-jobs with several URLs", () => {
  let apis: CannedApi[] = [];
  let urls: string[] = [];
  beforeEach(async () => {
    const answer = () => ({ body: { ...health, types: [] } });
    apis = await Promise.all([startCannedApi(answer), startCannedApi(answer)]);
    urls = apis.flatMap(({ url }) => ["--url", url]);
  });
  afterEach(() => Promise.all(apis.map((api) => api.close())));

  /** Authorisation of the requests to each API; of a signature, its region. */
  async function sent(args: string[], env: Record<string, string> = {}): Promise<string[][]> {
    for (const { requests } of apis) requests.length = 0;
    await runCli(["drill", "--type", "t", "--timeout", "0", ...urls, ...args], { env });
    return apis.map(({ requests }) => {
      const headers = requests.map(({ headers: { authorization = "none" } }) => authorization);
      return [...new Set(headers.map((each) => /AKIDEXAMPLE\/\d+\/([^/]*)\/execute-api/.exec(each)?.[1] ?? each))];
    });
  }

  it("sends one token to all, or to each its own", async () => {
    expect(await sent(["--token", "a"])).to.deep.equal([["Bearer a"], ["Bearer a"]]);
    expect(await sent([], { BATCH_JOBS_TOKEN: "b" })).to.deep.equal([["Bearer b"], ["Bearer b"]]);
    expect(await sent([], { BATCH_JOBS_TOKEN: "c, d" })).to.deep.equal([["Bearer c"], ["Bearer d"]]);
    expect(await sent(["--token", "e", "--token", "f"], { BATCH_JOBS_TOKEN: "c,d" })).to.deep.equal([
      ["Bearer e"],
      ["Bearer f"],
    ]);
    expect(await sent([], { BATCH_JOBS_TOKEN: "" })).to.deep.equal([["none"], ["none"]]);
  });

  it("signs for one region, or for that of each", async () => {
    expect(await sent(["--sign", "--region", "eu-west-1"], keys)).to.deep.equal([["eu-west-1"], ["eu-west-1"]]);
    const each = ["--sign", "--region", "eu-west-1", "--region", "us-west-2"];
    expect(await sent(each, keys)).to.deep.equal([["eu-west-1"], ["us-west-2"]]);
    expect(await sent(["--sign"], { ...keys, AWS_REGION: "us-east-2" })).to.deep.equal([["us-east-2"], ["us-east-2"]]);
  });

  it("refuses tokens and regions that are neither one nor as many as the URLs, and quotes no token", async () => {
    const three = ["--token", "secret-1", "--token", "secret-2", "--token", "secret-3"];
    for (const [args, env, code, said] of [
      [[...urls, ...three], {}, 2, "one, or one for each of the 2 URLs as --token, got 3"],
      [[...urls, "--region", "a", "--region", "b", "--region", "c"], {}, 2, "2 URLs as --region, got 3"],
      [urls, { BATCH_JOBS_TOKEN: "secret-1,secret-2,secret-3" }, 1, "2 URLs as BATCH_JOBS_TOKEN, got 3"],
      [[...urls.slice(0, 2), ...three], {}, 2, "Expected one as --token, got 3"],
    ] as const) {
      const run = await runCli(["types", ...args], { env });
      expect(run).to.include({ code, stdout: "" });
      expect(run.stderr).to.include(said).and.not.include("secret-");
    }
    expect(apis.flatMap(({ requests }) => requests)).to.deep.equal([]);
  });

  it("says of what each API has of its own that it asks one, and leaves standard output to the answer", async () => {
    const said = async (...args: string[]) => (await runCli(args, { env: { NO_COLOR: "1" } })).stderr;
    const note = `… Of ${new URL(apis[0]!.url).href} alone: each of 2 APIs has its own\n`;
    for (const args of [["types"], ["usage"], ["failures"], ["actions"], ["schedules"], ["dead-letters", "list"]])
      expect(await said(...args, "--json", ...urls), args[0]).to.include(note);
    expect(await said("types", ...urls.slice(0, 2))).to.equal("");
    expect(await said("list", ...urls)).to.not.include(" alone:");
    expect(await said("actions", "show", "a", ...urls)).to.not.include(" alone:");
  });
});
