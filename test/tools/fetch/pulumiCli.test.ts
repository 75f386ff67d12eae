import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { packageRoot } from "../../../contract/packageRoot";

const root = packageRoot();
const script = join(root, "tools", "fetch", "pulumiCli.mjs");

describe("pulumiCli", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "pulumi-cli-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const run = () =>
    spawnSync(process.execPath, [script], {
      encoding: "utf8",
      env: { PATH: folder, HOME: folder, NODE_NO_WARNINGS: "1" },
    });

  it("is built at the version of the SDK", () => {
    const { devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      devDependencies: Record<string, string>;
    };
    const module = readFileSync(join(root, "tools", "fetch", "pulumi", "go.mod"), "utf8");
    expect(module).to.include(`github.com/pulumi/pulumi/pkg/v3 v${devDependencies["@pulumi/pulumi"]}\n`);
  });

  it("is the one on the PATH, where there is one", () => {
    writeFileSync(join(folder, "pulumi"), "#!/bin/sh\necho v3.300.0\n", { mode: 0o755 });
    const { status, stdout, stderr } = run();
    expect([status, stdout]).to.deep.equal([0, `${folder}\n`]);
    expect(stderr).to.include(`Pulumi v3.300.0 from ${folder}`);
  });

  it("says how to get it where there is neither it nor Go", () => {
    const { status, stdout, stderr } = run();
    expect([status, stdout]).to.deep.equal([1, ""]);
    expect(stderr).to.match(/Expected `pulumi` on the PATH, or Go .*Install the CLI as https:/);
  });

  it("says so where it can't be built, and leaves nothing half-built", () => {
    writeFileSync(join(folder, "go"), "#!/bin/sh\nexit 2\n", { mode: 0o755 });
    for (const attempt of [1, 2]) {
      const { status, stderr } = run();
      expect([attempt, status]).to.deep.equal([attempt, 1]);
      expect(stderr).to.match(/Building pulumi .*\n.*could not be built/);
    }
  });
});
