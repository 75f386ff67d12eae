import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { JobClient } from "../../client/index";
import { packageRoot } from "../../contract/packageRoot";
import { lines, stackConfig, wordCount } from "./programs";
import { type Engine, startEngine, type Step } from "./support";

/** Two components with networks and images of their own. */
const program = (secondRegion: string, inUse = "first") => `import * as aws from "@pulumi/aws";
import { BatchJobProcessor } from "./components";
const inRegion = (name: string, region: aws.Region) => {
  const provider = new aws.Provider(name, { region });
  const schedules = [{ name: "monthly", expression: "rate(30 days)" }];
  const processors = [{ name: "word-count", handler: "word-count", schedules }];
  const schedulesEnabled = name === "${inUse}";
  return new BatchJobProcessor(name, { processors, schedulesEnabled, authorization: "none" }, { provider });
};
export const urls = [inRegion("first", "eu-central-1").url, inRegion("second", "${secondRegion}").url];
`;

const changes = (steps: Step[]) => steps.filter(({ op }) => op !== "same").map(({ op, name }) => `${op} ${name}`);

describe("the engine, with two providers", () => {
  let engine: Engine;
  before(async () => {
    engine = await startEngine();
    await engine.configure("dev", stackConfig([wordCount]));
  });
  after(() => engine.stop());

  it("makes a component in each region, which runs its own jobs alone", async () => {
    writeFileSync(join(engine.folder, "index.ts"), program("us-west-2"));
    await engine.succeed("dev", "up");
    const { urls } = (await engine.outputs("dev")) as { urls: string[] };
    const [first, second] = urls.map((url) => new JobClient({ url })) as [JobClient, JobClient];
    for (const [here, there] of [
      [first, second],
      [second, first],
    ] as const) {
      // prettier-ignore
      const { id } = await here.submit("word-count", { text: "one two" });
      expect((await here.wait(id)).result).to.include({ words: 2 });
      expect(await there.get(id).catch((error: { code: string }) => error.code)).to.equal("job-not-found");
    }
    const { cloud } = engine;
    const counts = cloud.regions().map(({ region, groups, lambdas }) => [region, groups.list().length > 0, lambdas.list().length > 0]); // prettier-ignore
    expect(counts).to.have.deep.members([
      ["us-east-1", false, false],
      ["eu-central-1", true, true],
      ["us-west-2", true, true],
    ]);
    const buckets = cloud.regions().map(({ messaging }) => messaging.keys().size);
    expect(buckets[0]).to.equal(0);
  });

  it("turns the schedules of one on, as the documents say, without a look at the other, which is lost", async () => {
    const page = readFileSync(join(packageRoot(), "docs/disaster-recovery.md"), "utf8");
    const [, pattern] = /pulumi up --target '(.+?)'/.exec(page)!;
    writeFileSync(join(engine.folder, "index.ts"), program("us-west-2", "second").replace('inRegion("first", "eu-central-1").url, ', "")); // prettier-ignore
    const alone = await engine.succeed("dev", "up", "--target", pattern!.replace("reports-standby", "second"));
    expect(changes(alone.steps)).to.include("update second-schedules-word-count-monthly");
    expect(changes(alone.steps).filter((line) => !line.includes(" second"))).to.deep.equal([]);
    writeFileSync(join(engine.folder, "index.ts"), program("us-west-2", "second"));
    const both = await engine.succeed("dev", "up");
    expect(changes(both.steps)).to.include("update first-schedules-word-count-monthly");
    expect(changes(both.steps).filter((line) => !line.startsWith("update first"))).to.deep.equal([]);
  });

  it("finds them again, moves one to another region, and leaves nothing", async () => {
    expect(lines((await engine.succeed("dev", "up", "--refresh", "--expect-no-changes")).steps.filter(({ op }) => op !== "refresh"))).to.deep.equal([]); // prettier-ignore
    writeFileSync(join(engine.folder, "index.ts"), program("us-east-2", "second"));
    const moved = await engine.succeed("dev", "up");
    expect(moved.steps.filter(({ name, op }) => name.startsWith("first") && op !== "refresh")).to.deep.equal([]);
    const groups = () => engine.cloud.regions().map((cloud) => [cloud.region, cloud.groups.list().length]);
    expect(Object.fromEntries(groups())).to.deep.equal({ "us-east-1": 0, "eu-central-1": 1, "us-west-2": 0, "us-east-2": 1 }); // prettier-ignore
    await engine.succeed("dev", "destroy");
    expect(engine.provider.resources.list()).to.deep.equal([]);
    expect(groups().every(([, count]) => count === 0)).to.equal(true);
  });
});
