import { expect } from "chai";
import { baseProgram } from "../../cli/baseProgram";
import { addConsole } from "../../cli/commands/console";
import { exitCodes } from "../../cli/exitCodes";
import { type CannedApi, problem, startCannedApi } from "../client/support";
import { runCli, spawnCli } from "./support";

describe("batch-jobs console", () => {
  let api: CannedApi;
  before(async () => {
    api = await startCannedApi(({ path }) =>
      path === "/x/health" ? problem(403, "forbidden", "Not you") : { body: { status: "ok" } },
    );
  });
  beforeEach(() => (api.requests.length = 0));
  after(() => api.close());

  /** Runs the built command, calls its API by the address that it printed, and ends it by Ctrl-C. */
  async function statuses(args: string[], env: Record<string, string> = {}): Promise<number[]> {
    const found: Promise<number[]>[] = [];
    const { code, stdout, stderr } = await spawnCli(["console", "--url", api.url, "--json", ...args], {
      env,
      onStart: (child) =>
        child.stdout!.once("data", (line: Buffer) => {
          const { origin, pathname, hash } = new URL((JSON.parse(line.toString()) as { url: string }).url);
          expect(pathname).to.equal("/console/");
          const headers = { "x-console-token": /^#token=([\w-]{43})$/.exec(hash)![1]! };
          const calls = ["GET", "POST"].map((method) => fetch(`${origin}/jobs`, { method, headers }));
          found.push(Promise.all(calls.map(async (call) => (await call).status)).finally(() => child.kill("SIGINT")));
        }),
    });
    expect([code, stderr]).to.deep.equal([exitCodes.ok, ""]);
    expect(stdout.trim().split("\n")).to.have.length(1);
    return found[0]!;
  }

  it("only reads if the API doesn't authenticate callers, unless it is told to write", async () => {
    expect(await statuses([])).to.deep.equal([200, 403]);
    expect(await statuses(["--write"])).to.deep.equal([200, 200]);
  });

  it("acts with the token of the environment, unless it is to read", async () => {
    const env = { BATCH_JOBS_TOKEN: "the-token" };
    expect(await statuses([], env)).to.deep.equal([200, 200]);
    expect(new Set(api.requests.map(({ headers }) => headers.authorization))).to.deep.equal(
      new Set(["Bearer the-token"]),
    );
    expect(await statuses(["--read-only"], env)).to.deep.equal([200, 403]);
  });

  it("signs with the credentials of the environment", async () => {
    const env = { AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "secret", AWS_REGION: "eu-west-1" };
    expect(await statuses(["--sign"], env)).to.deep.equal([200, 200]);
    for (const { headers } of api.requests) expect(headers.authorization).to.include("Credential=AKIDEXAMPLE/");
  });

  it("fails at once where the API refuses the caller", async () => {
    const { code, stderr } = await runCli(["console", "--url", `${api.url}x`]);
    expect(code).to.equal(exitCodes.failed);
    expect(stderr).to.match(/^✖ Not you\n/);
    expect((await runCli(["console", "--url", api.url, "--read-only", "--write"])).code).to.equal(exitCodes.usage);
  });

  it("ends after 8 hours", async () => {
    const waits: number[] = [];
    const program = baseProgram("batch-jobs").option("--url <url...>");
    addConsole(program, (milliseconds, value) => {
      waits.push(milliseconds);
      return Promise.resolve(value);
    });
    const { code, stdout, stderr } = await runCli(["console", "--url", api.url], {}, program);
    expect([code, stderr, waits]).to.deep.equal([
      exitCodes.ok,
      "The console has ended after 8 h; start it again\n",
      [8 * 3_600_000],
    ]);
    expect(stdout).to.match(
      /^✔ The console of http:\S+ is at http:\/\/127\.0\.0\.1:\d+\/console\/#token=[\w-]{43}\. Ctrl-C ends it\.\n$/,
    );
  });
});
