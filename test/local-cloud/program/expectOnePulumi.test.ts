import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { expectOnePulumi } from "../../../local-cloud/program/expectOnePulumi";

describe("expectOnePulumi", () => {
  let folder: string;
  beforeEach(() => (folder = realpathSync(mkdtempSync(join(tmpdir(), "copies ")))));
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Installs packages, each given by its path below the project. */
  function install(packages: Record<string, object>): void {
    for (const [path, manifest] of Object.entries(packages)) {
      mkdirSync(join(folder, path), { recursive: true });
      writeFileSync(join(folder, path, "package.json"), JSON.stringify(manifest));
    }
  }

  const entry = () => join(folder, "src", "index.ts");
  const own = () =>
    join(folder, "node_modules", "batch-job-processor", "dist", "local-cloud", "program", "loadProgram.js");
  const problem = (from = entry()) => {
    try {
      expectOnePulumi(from, own());
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  };
  const pulumi = { version: "3.248.0" };
  const other = { version: "3.270.0" };
  const needs = (...names: string[]) => ({
    dependencies: Object.fromEntries(["@pulumi/pulumi", ...names].map((name) => [name, "*"])),
  });
  const tree = {
    ".": needs("@pulumi/random"),
    "node_modules/@pulumi/pulumi": pulumi,
    "node_modules/@pulumi/aws": needs(),
    "node_modules/@pulumi/awsx": needs("@pulumi/aws", "@pulumi/docker-build"),
    "node_modules/@pulumi/docker-build": needs(),
    "node_modules/@pulumi/random": needs(),
    "node_modules/batch-job-processor": {},
  };

  it("takes one copy for all, reached by links too", () => {
    install(tree);
    expect(problem()).to.equal(undefined);
    mkdirSync(join(folder, "linked/node_modules/@pulumi"), { recursive: true });
    for (const name of ["pulumi", "aws", "awsx"]) {
      symlinkSync(join(folder, "node_modules/@pulumi", name), join(folder, "linked/node_modules/@pulumi", name));
    }
    expect(problem(join(folder, "linked", "index.ts"))).to.equal(undefined);
  });

  it("takes SDKs that aren't there, and circles of them", () => {
    install({
      ".": {},
      "node_modules/@pulumi/pulumi": pulumi,
      "node_modules/@pulumi/aws": needs("@pulumi/aws", "@pulumi/awsx"),
      "node_modules/@pulumi/awsx": needs("@pulumi/aws"),
      "node_modules/batch-job-processor": {},
    });
    expect(problem()).to.equal(undefined);
  });

  for (const [below, who] of [
    ["node_modules/@pulumi/aws", "@pulumi/aws"],
    ["node_modules/@pulumi/awsx", "@pulumi/awsx"],
    ["node_modules/@pulumi/docker-build", "@pulumi/docker-build"],
    ["node_modules/@pulumi/random", "@pulumi/random"],
    ["node_modules/batch-job-processor", "batch-job-processor"],
    ["src", "the program"],
  ] as const) {
    it(`refuses a second copy below ${who}, and names the way out`, () => {
      const copy = join(below, "node_modules/@pulumi/pulumi");
      install({ ...tree, [copy]: other });
      expect(problem())
        .to.include(`3.270.0 for ${who} (${join(folder, copy)})`)
        .and.include("3.248.0 for ")
        .and.include('"overrides" (npm, pnpm) or "resolutions" (yarn)');
    });
  }

  it("names all the users of each copy", () => {
    const copies = ["aws", "awsx", "docker-build"].map(
      (name) => `node_modules/@pulumi/${name}/node_modules/@pulumi/pulumi`,
    );
    install({ ...tree, ...Object.fromEntries(copies.map((copy) => [copy, other])) });
    expect(problem()!.match(/3\.270\.0 for/g)).to.have.length(3);
    expect(problem()).to.include("3.248.0 for the program, @pulumi/random, batch-job-processor (");
  });

  it("says where none is installed", () => {
    install({ ".": {} });
    expect(problem()).to.equal(
      `Expected @pulumi/pulumi to be installed for ${entry()}, found none: npm install @pulumi/pulumi`,
    );
  });

  it("finds one copy where this package is developed", () => {
    expectOnePulumi(join(dirname(dirname(dirname(__dirname))), "index.ts"));
  });
});
