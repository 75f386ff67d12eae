import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { packageRoot } from "../../contract/packageRoot";

/** Runs a script of steps, as .ci/run is one; times are written as `N`. */
function run(...lines: string[]): { status: number | null; summary: string[] } {
  const script = ["set -euo pipefail", "source .ci/steps.sh", ...lines].join("\n");
  const { status, stdout } = spawnSync("bash", ["-c", script], { cwd: packageRoot(), encoding: "utf8" });
  const summary = stdout.slice(stdout.lastIndexOf("\n== ")).replace(/\d+ s\b/g, "N s");
  return {
    status,
    summary: summary
      .split("\n")
      .map((line) => line.replace(/ +/g, " ").trim())
      .filter(Boolean),
  };
}

/** Command that writes the reporter's line of a run of Mocha. */
const count = (text: string) => `echo "${text}" >>"$TEST_COUNTS"`;

describe("the steps of CI", () => {
  it("end with what ran, for how long, and how many tests passed and failed, in each and in all", () => {
    const steps = [
      "step format 40",
      "true",
      "step units 90",
      count("7 0 0"),
      count("5 0 2"),
      "step demo",
      count("1 0 0"),
    ];
    expect(run(...steps, 'missed="NOT RUN: the container suite"')).to.deep.equal({
      status: 0,
      summary: [
        "== done after N s: 13 passed, 0 failed, 2 skipped",
        "ok N s of N s format",
        "ok N s of N s units: 12 passed, 0 failed, 2 skipped",
        "ok N s demo: 1 passed, 0 failed",
        "NOT RUN: the container suite",
      ],
    });
  });

  it("end so where one fails, too, and with its exit code", () => {
    const steps = ["step units", count("7 0 0"), "step journeys", count("3 2 0"), "(exit 7)", "step never", "true"];
    expect(run(...steps)).to.deep.equal({
      status: 7,
      summary: [
        "== FAILED after N s: 10 passed, 2 failed",
        "ok N s units: 7 passed, 0 failed",
        "FAILED N s journeys: 3 passed, 2 failed",
      ],
    });
  });

  it("have every run of Mocha counted", () => {
    const folder = mkdtempSync(join(tmpdir(), "counted-"));
    try {
      const [tests, counts] = [join(folder, "some.test.cjs"), join(folder, "counts")];
      writeFileSync(tests, `it("a"); it("b", () => {}); it("c", () => { throw new Error("c") }); it("d", () => {});`);
      writeFileSync(counts, "");
      const mocha = require.resolve("mocha/bin/mocha.js");
      const [, reporter] = /MOCHA_OPTIONS="(.*)"/.exec(readFileSync(join(packageRoot(), ".ci", "steps.sh"), "utf8"))!;
      const env = { ...process.env, TEST_COUNTS: counts, MOCHA_OPTIONS: reporter };
      const { status } = spawnSync(process.execPath, [mocha, "--no-config", tests], { cwd: packageRoot(), env });
      expect(status).to.equal(1);
      expect(readFileSync(counts, "utf8")).to.equal("2 1 1\n");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
