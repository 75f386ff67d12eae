import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { packageRoot } from "../../contract/packageRoot";

describe("the workflows of the example ci", () => {
  const source = join(packageRoot(), "examples", "ci", "workflows");
  let repository: string;
  beforeEach(() => {
    repository = mkdtempSync(join(tmpdir(), "workflows-"));
    cpSync(source, join(repository, ".github", "workflows"), { recursive: true });
    spawnSync("git", ["init", "--quiet"], { cwd: repository });
  });
  afterEach(() => rmSync(repository, { recursive: true }));

  const lint = () => spawnSync("actionlint", ["-no-color"], { cwd: repository, encoding: "utf8" });

  it("pass actionlint, where one with an unknown input does not", () => {
    const { status, stdout, error } = lint();
    if (error) {
      throw new Error("There is no actionlint: `go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12`");
    }
    expect([status, stdout]).to.deep.equal([0, ""]);
    const deploy = join(repository, ".github", "workflows", "deploy.yml");
    writeFileSync(deploy, readFileSync(deploy, "utf8").replace("stack: staging", "stage: staging"));
    expect(lint()).to.include({ status: 1 }).and.have.property("stdout").that.includes('"stage" is not defined');
  });

  it("give each job its rights and a bound of its own, and no key", () => {
    for (const file of readdirSync(source)) {
      const text = readFileSync(join(source, file), "utf8");
      expect(text, file).to.not.match(/AWS_(SECRET_)?ACCESS_KEY/);
      const { permissions, jobs } = parse(text) as {
        permissions?: object;
        jobs: Record<string, { uses?: string; permissions?: object; "timeout-minutes"?: number }>;
      };
      for (const [name, job] of Object.entries(jobs)) {
        expect(job.permissions ?? permissions, `${file}: ${name}`).to.be.an("object");
        if (!job.uses) expect(job["timeout-minutes"], `${file}: ${name}`).to.be.within(1, 60);
      }
    }
  });
});
