import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { notCovered } from "../../cli/commands/drill";
import { regionDifferences } from "../../cli/regionDifferences";
import type { JobType } from "../../client/index";
import { packageRoot } from "../../contract/packageRoot";
import { type CannedApi, startCannedApi } from "../client/support";
import { runCli } from "./support";

const report: JobType = {
  ...{ type: "report", timeoutSeconds: 60, maxAttempts: 3, payloadSchema: { type: "object", required: ["month"] } },
  schedules: [{ name: "monthly", expression: "rate(1 day)" }],
};
const off = { ...report, schedules: [{ ...report.schedules![0]!, enabled: false as const }] };
const health = {
  status: "ok",
  parts: { types: { status: "ok", count: 1 }, records: { status: "ok" }, counts: { status: "ok", ageSeconds: 7 } },
};

describe("batch-jobs drill", () => {
  let apis: CannedApi[] = [];

  /** Regions with these types; jobs end so at once. */
  async function drill(regions: { types: JobType[]; state?: string; health?: object }[], ...args: string[]) {
    apis = await Promise.all(
      regions.map(({ types, state = "succeeded", health: own = health }) =>
        startCannedApi(({ method, path, body }) => {
          if (path.startsWith("/health")) return { status: own === health ? 200 : 503, body: own };
          if (path === "/types") return { body: { types } };
          if (method === "POST") return { status: 202, body: { id: "canary", type: body.type, state: "queued" } };
          const error = state === "failed" ? { error: { name: "Error", message: "no such file" } } : {};
          const submittedAt = "2026-11-24T00:00:00.000Z";
          return { body: { id: "canary", type: "report", state, attempts: 1, submittedAt, ...error } };
        }),
      ),
    );
    const urls = apis.flatMap(({ url }) => ["--url", url]);
    const run = await runCli(["drill", ...urls, "--type", "report", "--payload", '{"month": "May"}', ...args]);
    await Promise.all(apis.map((api) => api.close()));
    const lines = args.includes("--json") ? [] : run.stdout.split("\n");
    for (const line of lines) expect(line.length, line).to.be.at.most(80);
    return run;
  }

  it("finds alike regions ready, once a job has run in each", async () => {
    const { code, stdout, stderr } = await drill([{ types: [report] }, { types: [off] }]);
    expect([code, stderr]).to.deep.equal([0, ""]);
    expect(stdout).to.match(/✔ +127\.0\.0\.1:\d+ +ok, counted 7 s ago +1 +\d s\n/);
    expect(stdout).not.to.include("DIFFERENCE");
    for (const line of notCovered) expect(stdout).to.include(`- ${line}`);
    const submitted = apis.map(({ requests }) => requests.find(({ method }) => method === "POST")!.body);
    for (const each of submitted) expect(each).to.deep.include({ type: "report", payload: { month: "May" } });
  });

  it("ends with 1 and says what differs, in 80 columns", async () => {
    const longer = { ...off, timeoutSeconds: 600, payloadSchema: { type: "object" } };
    const { code, stdout } = await drill([{ types: [report, { ...report, type: "thumbnail" }] }, { types: [longer] }]);
    expect(code).to.equal(1);
    expect(stdout).to.match(/\nDIFFERENCE +127/);
    expect(stdout).to.match(/\nreport timeoutSeconds +60 +600\n/);
    expect(stdout).to.match(/\nreport payloadSchema +#[0-9a-f]{8} +#[0-9a-f]{8}\n/);
    expect(stdout).to.match(/\nthumbnail +there +missing\n/);
  });

  it("ends with 1 if a region is not well, or a job fails in it, and says why", async () => {
    const failing = { status: "failing", parts: { ...health.parts, records: { status: "failing", error: "E" } } };
    const sick = await drill([{ types: [report] }, { types: [off], health: failing, state: "failed" }]);
    expect(sick.code).to.equal(1);
    expect(sick.stdout).to.match(/✖ +\S+ +failing: records +1 +failed\n/);
    expect(sick.stdout).to.include("Job canary failed after 1 attempt: Error: no such file");
    const json = await drill([{ types: [report] }, { types: [off], state: "failed" }], "--json");
    expect(json.code).to.equal(1);
    const { regions, differences, ...more } = JSON.parse(json.stdout) as Record<string, object[]>;
    expect(regions!.map((region) => (region as { isReady: boolean }).isReady)).to.deep.equal([true, false]);
    expect([differences, more]).to.deep.equal([[], { notCovered }]);
  });

  it("takes a schedule that is on in both, or in none, for a difference; not the order of a schema's fields", () => {
    const reordered = { ...off, payloadSchema: { required: ["month"], type: "object" } };
    expect(regionDifferences([[report], [reordered]])).to.deep.equal([]);
    for (const both of [report, off]) {
      expect(regionDifferences([[both], [both]]).map(({ what }) => what)).to.deep.equal(["report schedule monthly"]);
    }
    const another = { ...off, schedules: [{ ...off.schedules[0]!, expression: "rate(2 days)" }] };
    expect(regionDifferences([[report], [another]])).to.have.length(1);
  });

  it("needs two URLs", async () => {
    const { code, stderr } = await runCli(["drill", "--url", "http://127.0.0.1:1", "--type", "a"]);
    expect([code, stderr.includes("Expected two URLs or more, got one")]).to.deep.equal([2, true]);
  });

  it("says what is not covered in the words of the documents", () => {
    for (const file of ["README.md", "docs/disaster-recovery.md"]) {
      const text = readFileSync(join(packageRoot(), file), "utf8").replace(/\s+/g, " ");
      for (const line of notCovered) expect(text, file).to.include(line);
    }
  });
});
