import { cpSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { packageRoot } from "../../contract/packageRoot";
import { checksum, each, lines, resourcesOf, stackConfig, thumbnail, wordCount } from "./programs";
import { type Engine, startEngine } from "./support";

describe("the engine, change by change", () => {
  const image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/own";
  let engine: Engine;
  before(async () => {
    engine = await startEngine();
    await up(wordCount, checksum);
  });
  after(() => engine.stop());

  async function up(...processors: Parameters<typeof stackConfig>[0]): Promise<string[]> {
    await engine.configure("dev", stackConfig(processors));
    return lines((await engine.succeed("dev", "up")).steps);
  }

  it("treats another order of types as no change", async () => {
    expect(await up(checksum, wordCount)).to.deep.equal([]);
  });

  it("adds a type's own resources and touches no other", async () => {
    expect(await up(thumbnail, checksum, wordCount)).to.deep.equal(each("create", resourcesOf("jobs", "thumbnail")));
  });

  it("makes a new template version of a changed image, and lets the instances pull it", async () => {
    expect(await up({ ...thumbnail, image: `${image}:1` }, checksum, wordCount)).to.deep.equal([
      "update jobs-thumbnail-fleet-group (launchTemplate)",
      "update jobs-thumbnail-fleet-policy (policy)",
      "update jobs-thumbnail-fleet-template (userData)",
    ]);
    expect(await up({ ...thumbnail, image: `${image}:2` }, checksum, wordCount)).to.deep.equal([
      "update jobs-thumbnail-fleet-group (launchTemplate)",
      "update jobs-thumbnail-fleet-template (userData)",
    ]);
  });

  it("changes one function's code, and nothing that calls it", async () => {
    engine.edit("functions/router/lambda.ts", "random: Math.random,", "random: () => 1 - Math.random(),");
    expect(await up({ ...thumbnail, image: `${image}:2` }, checksum, wordCount)).to.deep.equal([
      "update jobs-router-router-function (code)",
    ]);
  });

  it("rebuilds the image of a changed worker, for the types that run it", async () => {
    writeFileSync(join(engine.folder, "worker-image", "Dockerfile"), "# another\n", { flag: "a" });
    const changed = ["checksum", "word-count"].flatMap((type) => [
      `update jobs-${type}-fleet-group (launchTemplate)`,
      `update jobs-${type}-fleet-template (userData)`,
    ]);
    expect(await up({ ...thumbnail, image: `${image}:2` }, checksum, wordCount)).to.deep.equal(
      [...changed, "update jobs-image-arm64 (contextHash)"].sort(),
    );
  });

  it("deletes a removed type's own resources and touches no other", async () => {
    expect(await up(checksum, wordCount)).to.deep.equal(each("delete", resourcesOf("jobs", "thumbnail")));
  });

  it("keeps the machine image when AWS recommends another, until a label asks for it", async () => {
    engine.cloud.recommendedImage = "ami-00000000000000001";
    expect(await up(checksum, wordCount)).to.deep.equal([]);
    expect(await up({ ...checksum, machineImage: "recommended:2027" }, wordCount)).to.deep.equal([
      "create jobs-machine-image-arm64-2027",
      "update jobs-checksum-fleet-group (launchTemplate)",
      "update jobs-checksum-fleet-template (imageId)",
      "update jobs-checksum-type (item)",
    ]);
  });

  it("treats a handler's file as unchanged until its content changes, in another folder too", async () => {
    // The files are read by a process of their own, which runs as compiled.
    for (const name of ["dist/components", "dist/contract"]) {
      cpSync(join(packageRoot(), name), join(engine.folder, name), { recursive: true });
    }
    mkdirSync(join(engine.folder, "jobs"));
    writeFileSync(
      join(engine.folder, "jobs", "sum.ts"),
      "export const sum = (of: number[]) => of.reduce((a, b) => a + b, 0);\n",
    );
    const file = 'import { sum } from "./sum";\nexport default ({ payload }: { payload: number[] }) => sum(payload);\n';
    writeFileSync(join(engine.folder, "jobs", "total.ts"), file);
    const total = { name: "total", handler: "./jobs/total.ts" };
    expect(await up(total, checksum, wordCount)).to.include("create jobs-total-fleet-template");
    expect(await up(total, checksum, wordCount)).to.deep.equal([]);
    const moved = `${engine.folder} elsewhere`;
    renameSync(engine.folder, moved);
    symlinkSync(moved, engine.folder);
    expect(await up(total, checksum, wordCount)).to.deep.equal([]);
    engine.edit("jobs/sum.ts", "a + b", "b + a");
    const changed = await up(total, checksum, wordCount);
    expect(changed).to.include("update jobs-total-fleet-template (userData)");
    expect(changed.filter((line) => !line.includes("total") && !line.includes("handlers"))).to.deep.equal([]);
  });
});
