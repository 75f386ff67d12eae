import { expect } from "chai";
import type { UsageReport } from "../../client/index";
import { type CannedApi, type SeenRequest, startCannedApi } from "../client/support";
import { jsonOf, runCli } from "./support";

const days = { from: "2026-11-01", to: "2026-11-27" };
const words = { jobs: 81_200, seconds: 40_610.5, dollars: 0.817_9 };
const instances = { instanceSeconds: 52_200, instanceDollars: 1.05, idleSeconds: 11_589.5, idleDollars: 0.232_1 };
const resize = { jobs: 3, seconds: 45, instanceSeconds: 60, idleSeconds: 15, unpriced: true as const };

const byType: UsageReport = {
  ...{ by: "type", ...days },
  rows: [
    { type: "resize", ...resize },
    { type: "word-count", ...words, ...instances },
  ],
  total: {
    ...{ ...words, jobs: 81_203, seconds: 40_655.5, instanceSeconds: 52_260, instanceDollars: 1.05, unpriced: true },
    ...{ idleSeconds: 11_604.5, idleDollars: 0.232_1 },
  },
};

const byTenant: UsageReport = {
  ...{ by: "tenant", ...days },
  rows: [
    { tenant: "=cmd|' /C calc'!A0", jobs: 1, seconds: 0.02, dollars: 0.000_000_4 },
    { tenant: 'a"b,c', jobs: 80_000, seconds: 40_000, dollars: 0.8 },
  ],
  total: byType.total,
};

describe("batch-jobs usage", () => {
  let api: CannedApi | undefined;
  afterEach(async () => {
    await api?.close();
    api = undefined;
  });

  const run = async (args: string[], answers: Partial<Record<string, UsageReport>> = {}) => {
    await api?.close();
    const all: typeof answers = { "by=type": byType, "by=tenant": byTenant, ...answers };
    const answer = ({ path }: SeenRequest) => ({ body: all[path.replace(/^\/usage\?/, "")] ?? { code: "not-canned" } });
    api = await startCannedApi(answer);
    return runCli(["usage", ...args, "--url", api.url], { columns: 80, env: { NO_COLOR: "1" } });
  };
  const asked = () => api!.requests.map(({ path }) => path);

  it("shows types with idle time and costs, the dearest first, in at most 80 columns", async () => {
    const { code, stdout } = await run([]);
    expect(code).to.equal(0);
    expect(stdout.split("\n")).to.deep.equal([
      "TYPE          JOBS    USED     COST   IDLE  IDLE COST",
      "word-count  81,200  11.3 h  $0.8179  3.2 h    $0.2321",
      "resize           3    45 s            15 s",
      "total       81,203  11.3 h  $0.8179  3.2 h    $0.2321",
      "",
      "2026-11-01 to 2026-11-27 (UTC)",
      "Instances were up for 14.5 h, $1.05; no job used 3.2 h, $0.2321 of it (22 %)",
      "Costs lack a part whose price is not known.",
      "The component's pricePerInstanceHour gives one",
      "",
    ]);
    expect(asked()).to.deep.equal(["/usage?by=type"]);
  });

  it("shows tenants, and what jobs without one have used, up to the total", async () => {
    const { stdout } = await run(["--by", "tenant"]);
    expect(stdout.split("\n").slice(0, 5)).to.deep.equal([
      "TENANT                JOBS      USED       COST",
      `a"b,c               80,000    11.1 h    $0.8000`,
      "(none)               1,202  10.9 min    $0.0179",
      "=cmd|' /C calc'!A0       1       0 s  < $0.0001",
      "total               81,203    11.3 h    $0.8179",
    ]);
  });

  it("says when there is no usage, and no price", async () => {
    const none: UsageReport = { by: "label", label: "team", ...days, rows: [], total: { jobs: 0, seconds: 0 } };
    expect((await run(["--label", "team"], { "by=label&label=team": none })).stdout).to.equal(
      "No usage from 2026-11-01 to 2026-11-27 (UTC); is team one of the component's usageLabels?\n",
    );
    const others = (await run(["--label", "team"], { "by=label&label=team": { ...none, total: resize } })).stdout;
    expect(others).to.match(/^\(none\) .*\(UTC\); is team one of the component's usageLabels\?$/ms);
    const unpriced = { ...byType, rows: [{ type: "resize", ...resize }], total: resize };
    const { stdout } = await run([], { "by=type": unpriced });
    expect(stdout).to.contain("Instances were up for 1.0 min; no job used 15 s of it (25 %)\nNo price is known.\n");
  });

  it("prints CSV that a spreadsheet reads as data, with a row for each day, that adds up", async () => {
    const perDay = { ...byTenant, rows: byTenant.rows.map((row) => ({ day: "2026-11-02", ...row })) };
    const all: UsageReport = {
      ...byType,
      rows: [
        { day: "2026-11-01", type: "word-count", jobs: 1, seconds: 2, dollars: 0.5 },
        { day: "2026-11-02", type: "word-count", jobs: 80_001, seconds: 40_000.02, dollars: 0.800_000_4 },
      ],
    };
    const answers = {
      "by=tenant&from=2026-11-01&per=day": perDay,
      "by=type&from=2026-11-01&to=2026-11-27&per=day": all,
    };
    const { stdout } = await run(["--by", "tenant", "--days", "--csv", "--from", "2026-11-01"], answers);
    expect(stdout.split("\n")).to.deep.equal([
      "day,tenant,jobs,seconds,dollars,unpriced",
      "2026-11-01,,1,2,0.5,",
      "2026-11-02,'=cmd|' /C calc'!A0,1,0.02,4e-7,",
      '2026-11-02,"a""b,c",80000,40000,0.8,',
      "",
    ]);
    const types = (await run(["--csv"])).stdout.split("\n");
    expect(types[0]).to.equal(
      "type,jobs,seconds,dollars,instanceSeconds,instanceDollars,idleSeconds,idleDollars,unpriced",
    );
    expect(types[1]).to.equal("resize,3,45,,60,,15,,true");
  });

  it("prints the report as JSON, and refuses an invalid day or kind before it asks", async () => {
    expect(jsonOf(await run(["--json"]))).to.deep.equal(byType);
    for (const [args, said] of [
      [["--from", "2026-02-30"], 'Expected a day such as 2026-11-30 as --from <day>, got "2026-02-30"'],
      [["--to", "today"], 'Expected a day such as 2026-11-30 as --to <day>, got "today"'],
      [["--by", "owner"], 'Expected one of type, tenant, label as --by <what>, got "owner"'],
      [["--csv", "--json"], "Expected --csv or --json, got both"],
    ] as [string[], string][]) {
      const { code, stderr } = await run(args);
      expect([code, stderr]).to.deep.equal([2, stderr]);
      expect(stderr).to.contain(said);
      expect(asked()).to.deep.equal([]);
    }
  });
});
