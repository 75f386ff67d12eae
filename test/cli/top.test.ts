import { expect } from "chai";
import { baseProgram } from "../../cli/baseProgram";
import { addTop } from "../../cli/commands/top";
import { exitCodes } from "../../cli/exitCodes";
import { renderOverview } from "../../cli/output/overview";
import { render } from "../../cli/output/styled";
import type { JobType } from "../../client/index";
import { type CannedApi, problem, startCannedApi } from "../client/support";
import { jsonOf, runCli } from "./support";

const settings = { timeoutSeconds: 60, maxAttempts: 3 };
const calm: JobType = {
  ...{ type: "word-count", ...settings, slots: { busy: 2, all: 4 }, oldestSeconds: 12 },
  counts: { waiting: 40, running: 2, delayed: 0, deadLetters: 0 },
  instances: { inService: 2, pending: 1, desired: 3, max: 10 },
};
const needy: JobType = { ...settings, type: "thumbnail", launchProblem: "no capacity", counts: { deadLetters: 3 } };
const error = { name: "TypeError", message: "no text" };
const failed = {
  id: "a",
  type: "thumbnail",
  state: "failed",
  attempts: 3,
  submittedAt: "2026-11-24T00:00:00.000Z",
  error,
};

describe("batch-jobs top", () => {
  let api: CannedApi;
  let isTracking = true;
  let isDown = false;
  before(async () => {
    api = await startCannedApi(({ path }) => {
      if (isDown) return problem(403, "forbidden", "Not you");
      if (path.startsWith("/types")) return { body: { types: [calm, needy] } };
      return isTracking ? { body: { jobs: [failed] } } : problem(404, "tracking-off", "No records");
    });
  });
  beforeEach(() => {
    isTracking = true;
    isDown = false;
  });
  after(() => api.close());

  it("shows once, without a terminal, what needs the person, the types and the failed jobs", async () => {
    const { code, stdout } = await runCli(["top", "--url", api.url]);
    expect(code).to.equal(exitCodes.ok);
    expect(stdout).to.match(
      /^2 things need you\n✖ thumbnail: no worker starts: no capacity\n✖ thumbnail: 3 dead letters/,
    );
    expect(stdout)
      .to.match(/^word-count +40 +2 +0 +12 s +2\+1\/10 +2\/4 +0$/m)
      .and.match(/^a +thumbnail +failed +3 .*TypeError: no text$/m);
    expect(jsonOf(await runCli(["top", "--url", api.url, "--json"]))).to.deep.equal({
      types: [calm, needy],
      failed: [failed],
    });
  });

  it("does without the failed jobs of a stack that keeps no records", async () => {
    isTracking = false;
    expect((await runCli(["top", "--url", api.url])).stdout).not.to.include("Failed last");
  });

  it("looks again until Ctrl-C, and keeps the last picture while the API fails", async () => {
    const waits: number[] = [];
    const program = baseProgram("batch-jobs").option("--url <url...>").option("--json");
    addTop(program, (milliseconds, _value, { signal }) => {
      waits.push(milliseconds);
      isDown = waits.length === 1;
      if (waits.length < 3) return Promise.resolve();
      process.emit("SIGINT");
      return Promise.reject(signal.reason as Error);
    });
    const run = { columns: 80 };
    const { code, stdout, stderr } = await runCli(["top", "--interval", "3", "--url", api.url], run, program);
    expect({ code, stderr, waits }).to.deep.equal({ code: exitCodes.ok, stderr: "", waits: [3_000, 3_000, 3_000] });
    // Of each drawing but the first, only the lines that changed are written.
    expect(stdout).to.match(/Ctrl-C ends[^]*✖ Not you[^]*Ctrl-C ends/);
    expect(stdout.match(/thumbnail: 3 dead letters/g)).to.have.length(1);
  });

  it("fails at once where the first look fails", async () => {
    isDown = true;
    const { code, stdout, stderr } = await runCli(["top", "--url", api.url], { columns: 80 });
    expect({ code, out: stdout }).to.deep.equal({ code: exitCodes.failed, out: "" });
    expect(stderr).to.match(/^✖ Not you\n/);
  });

  it("fits the terminal, whatever its size and however many types there are", () => {
    const many = Array.from({ length: 60 }, (_, index): JobType => ({ ...calm, type: `type-${index}`, counts: {} }));
    const types = [...many, ...many.map((each) => ({ ...needy, type: `${each.type}-${"long".repeat(12)}` }))];
    const jobs = Array.from({ length: 10 }, () => failed as never);
    for (const known of [[], [calm], [calm, needy], many, types]) {
      for (const [columns, rows] of [
        [80, 24],
        [80, 14],
        [132, 50],
        [60, 12],
      ] as const) {
        const lines = render(renderOverview({ types: known, failed: jobs }, { columns, rows }, "said"), false).split(
          "\n",
        );
        expect(lines.length, `${known.length} types in ${rows} rows`).to.be.below(rows);
        expect(Math.max(...lines.map((line) => line.length)), `${columns} columns`).to.be.at.most(columns);
        expect(lines.at(-1)).to.equal("said");
      }
    }
    const picture = render(renderOverview({ types: [...many, needy], failed: [] }, { columns: 80, rows: 24 }), false);
    expect(picture)
      .to.match(/^thumbnail /m)
      .and.match(/^and \d+ more$/m);
  });
});
