import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { projectName } from "../../../cli/init/createProject";
import { dependOnOwnPackage } from "../../../cli/init/ownPackage";
import { packageRoot } from "../../../contract/packageRoot";

const initMain = join(packageRoot(), "dist", "cli", "init", "main.js");

describe("batch-job-processor init", () => {
  let folder: string;

  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "init "))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const init = (...args: string[]) =>
    spawnSync(process.execPath, [initMain, "init", ...args], { cwd: folder, encoding: "utf8" });

  it("writes a project of the folder's name, which depends on the very package that wrote it, and says what to type next", () => {
    const project = join(folder, "it's mine");
    mkdirSync(join(project, ".git"), { recursive: true });
    const { status, stdout } = init("it's mine", "--no-install");
    expect(status).to.equal(0);
    expect(stdout).to.include(`cd 'it'\\''s mine'`).and.to.include("npm install\n").and.to.include("npm start");
    const width = Math.max(...stdout.split("\n").map((line) => line.length));
    expect(stdout.includes(folder) ? width - folder.length : width).to.be.at.most(80);
    const manifest = JSON.parse(readFileSync(join(project, "package.json"), "utf8")) as {
      name: string;
      dependencies: Record<string, string>;
    };
    expect(manifest.name).to.equal("it-s-mine");
    const packed = manifest.dependencies["batch-job-processor"]!;
    expect(packed).to.match(/^file:packages\/batch-job-processor-\d+\.\d+\.\d+\.tgz$/);
    const files = execFileSync("tar", ["-tzf", join(project, packed.slice("file:".length))], { encoding: "utf8" });
    expect(files).to.include("package/dist/components/index.js").and.to.include("package/examples/starter/index.ts");
    expect(readFileSync(join(project, "Pulumi.yaml"), "utf8")).to.match(/^name: it-s-mine$/m);
    expect(readFileSync(join(project, "README.md"), "utf8")).to.match(/^# it-s-mine$/m);
    expect(readdirSync(project)).to.include.members([
      ".git",
      ".gitignore",
      ".github",
      ".vscode",
      "index.ts",
      "jobs",
      "test",
    ]);
    expect(existsSync(join(project, "node_modules"))).to.equal(false);
  });

  it("overwrites nothing", () => {
    writeFileSync(join(folder, "index.ts"), "mine");
    const { status, stderr } = init("--no-install");
    expect(status).to.equal(1);
    expect(stderr).to.include("Expected a folder without the files that init writes").and.to.include("index.ts");
    expect(readFileSync(join(folder, "index.ts"), "utf8")).to.equal("mine");
    expect(readdirSync(folder)).to.deep.equal(["index.ts"]);
  });

  it("refuses invalid arguments", () => {
    expect(init("one", "two")).to.deep.include({ status: 2 });
    expect(init("--templat", "x").stderr).to.include("Expected an option that there is, got --templat");
    writeFileSync(join(folder, "file"), "");
    const { status, stderr } = init("file", "--no-install");
    expect(status).to.equal(1);
    expect(stderr).to.include("Expected a folder, got a file");
  });

  it("gives each folder a name that npm and Pulumi take", () => {
    const names = ["app", "My App", "2nd", "Über/Größe", "…", "a".repeat(80), "a--b_c.d", "-x-"].map(projectName);
    for (const name of names)
      expect(name)
        .to.match(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/)
        .and.have.length.at.most(55);
    expect(names.slice(0, 3)).to.deep.equal(["app", "my-app", "jobs-2nd"]);
  });

  it("depends on the version of a registry where npm installed it from one", () => {
    const root = join(folder, "node_modules", "batch-job-processor");
    mkdirSync(root, { recursive: true });
    writeFileSync(join(root, "package.json"), JSON.stringify({ version: "1.2.3" }));
    const resolved = "https://registry.example/batch-job-processor/-/batch-job-processor-1.2.3.tgz";
    const lock = { packages: { "node_modules/batch-job-processor": { version: "1.2.3", resolved } } };
    writeFileSync(join(folder, "node_modules", ".package-lock.json"), JSON.stringify(lock));
    expect(dependOnOwnPackage(join(folder, "project"), root)).to.equal("1.2.3");
    expect(existsSync(join(folder, "project"))).to.equal(false);
  });
});
