import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { BatchJobProcessor } from "../../../components";
import { buildContext } from "../../../components/processor/buildContext";
import { packageRoot } from "../../../contract/packageRoot";
import { record } from "../../support/record";

describe("buildContext", () => {
  let folder: string;
  const start = process.cwd();

  before(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "context-")));
  });
  afterEach(() => process.chdir(start));
  after(() => rmSync(folder, { recursive: true }));

  /** A program's folder whose node_modules has a link to this package. */
  const createProgram = (...path: string[]) => {
    const program = join(folder, ...path);
    mkdirSync(join(program, "node_modules"), { recursive: true });
    symlinkSync(packageRoot(), join(program, "node_modules", "batch-job-processor"));
    return program;
  };

  it("is relative to the program's folder", () => {
    expect(buildContext("/a/b/worker-image", "/a/b")).to.equal("worker-image");
    expect(buildContext("/a/node_modules/batch-job-processor/worker-image", "/a/stacks/one")).to.equal(
      "../../node_modules/batch-job-processor/worker-image",
    );
    expect(buildContext("/a/worker-image", "/a/worker-image")).to.equal(".");
  });

  it("goes by the link in node_modules, not by the name of what that points to", () => {
    const store = join(folder, "store", "batch-job-processor@0.1.0_peers-hash", "worker-image");
    mkdirSync(store, { recursive: true });
    mkdirSync(join(folder, "pnpm", "node_modules"), { recursive: true });
    symlinkSync(join(store, ".."), join(folder, "pnpm", "node_modules", "batch-job-processor"));
    const linked = "node_modules/batch-job-processor/worker-image";
    expect(buildContext(store, join(folder, "pnpm"))).to.equal(linked);
    expect(buildContext(store, join(folder, "pnpm", "stacks"))).to.equal(`../${linked}`);
    // Another copy of the package is not this one.
    expect(buildContext(join(folder, "other", "worker-image"), join(folder, "pnpm"))).to.equal("../other/worker-image");
  });

  it("leaves all inputs of one program equal in two folders", async () => {
    const build = () => new BatchJobProcessor("jobs", { processors: [{ name: "word-count", handler: "word-count" }] });
    const inputs = [];
    for (const program of [createProgram("one"), createProgram("deeper", "down", "two")]) {
      process.chdir(program);
      const { resources } = await record(build);
      inputs.push(resources.map(({ urn, inputs: given }) => [urn, JSON.stringify(given)]).sort());
    }
    process.chdir(start);
    expect(inputs[1]).to.deep.equal(inputs[0]);
    expect(JSON.stringify(inputs)).to.include("node_modules/batch-job-processor/worker-image").and.not.include(folder);
  });
});
