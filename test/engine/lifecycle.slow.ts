import { expect } from "chai";
import { submitAndFinish } from "./jobs";
import { checksum, lines, stackConfig, thumbnail, wordCount } from "./programs";
import { type Engine, startEngine } from "./support";

describe("the engine, from preview to destroy", () => {
  let engine: Engine;
  before(async () => {
    engine = await startEngine();
    await engine.configure("dev", stackConfig([wordCount, checksum, thumbnail]));
  });
  after(() => engine.stop());

  it("previews without making anything, in little time", async () => {
    const preview = await engine.succeed("dev", "preview");
    expect(preview.text).not.to.match(/warning: (?!using pulumi-language)/);
    expect(new Set(preview.steps.map(({ op }) => op))).to.deep.equal(new Set(["create"]));
    expect(engine.provider.resources.list()).to.deep.equal([]);
    expect([...engine.provider.resources.notEmulated]).to.deep.equal([]);
    console.log(`      preview: ${preview.steps.length} resources, ${preview.seconds.toFixed(1)} s`);
  });

  it("creates a deployment that finishes a job, with a network and an image of its own", async () => {
    const up = await engine.succeed("dev", "up");
    expect(up.steps.filter(({ op }) => op !== "create")).to.deep.equal([]);
    const named = up.steps.map(({ name, type }) => `${type} ${name}`);
    expect(named).to.include.members([
      "awsx:ec2:Vpc jobs-network-vpc",
      "aws:ec2/subnet:Subnet jobs-network-vpc-public-1",
      "awsx:ecr:Image jobs-image-arm64",
      "docker-build:index:Image jobs-image-arm64",
    ]);
    const { result } = await submitAndFinish(engine, "dev", "word-count", { text: "to be or not to be" });
    expect(result).to.deep.include({ words: 6 });
  });

  it("changes nothing where nothing changed", async () => {
    const again = await engine.succeed("dev", "up", "--expect-no-changes");
    expect(lines(again.steps)).to.deep.equal([]);
  });

  it("finds no drift, and makes again what was deleted", async () => {
    await engine.succeed("dev", "refresh", "--expect-no-changes");
    const { unroutableQueueUrl } = await engine.outputs("dev");
    await engine.cloud.calls.sqs("DeleteQueue", { QueueUrl: unroutableQueueUrl });
    const refresh = await engine.run("dev", "refresh", "--expect-no-changes");
    expect(refresh.code).not.to.equal(0);
    expect(lines(refresh.steps)).to.include("refresh jobs-router-unroutable");
    const repaired = await engine.succeed("dev", "up");
    expect(lines(repaired.steps)).to.include("create jobs-router-unroutable");
    await engine.succeed("dev", "up", "--expect-no-changes");
  });

  it("leaves nothing", async () => {
    const { cloud, provider } = engine;
    await engine.succeed("dev", "destroy");
    expect(provider.resources.list()).to.deep.equal([]);
    const { TableNames } = await cloud.calls.dynamodb<{ TableNames: string[] }>("ListTables", {});
    const { QueueUrls = [] } = await cloud.calls.sqs<{ QueueUrls?: string[] }>("ListQueues", {});
    expect([TableNames, QueueUrls, cloud.lambdas.list(), cloud.apis.list(), cloud.groups.list()]).to.deep.equal([
      [],
      [],
      [],
      [],
      [],
    ]);
  });
});
