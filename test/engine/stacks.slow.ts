import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { submitAndFinish } from "./jobs";
import { checksum, lines, stackConfig, wordCount } from "./programs";
import { type Engine, startEngine } from "./support";

describe("the engine, side by side", () => {
  let engine: Engine;
  beforeEach(async () => {
    engine = await startEngine();
  });
  afterEach(() => engine.stop());

  it("brings two stacks up at once, and takes down the one without the other", async () => {
    const stacks = ["dev", "prod"];
    for (const stack of stacks) await engine.configure(stack, stackConfig([wordCount]));
    // The file backend locks stacks one by one.
    await Promise.all(stacks.map((stack) => engine.succeed(stack, "up")));
    const before = engine.provider.resources.list().length;
    await engine.succeed("dev", "destroy");
    expect(engine.provider.resources.list()).to.have.length(before / 2);
    await engine.succeed("prod", "refresh", "--expect-no-changes");
    expect((await submitAndFinish(engine, "prod", "word-count", { text: "one two" })).result).to.include({ words: 2 });
  });

  it("has two components in a stack, with types of the same names and with each its own network and image", async () => {
    writeFileSync(
      join(engine.folder, "index.ts"),
      `import { BatchJobProcessor } from "./components";
const processors = [{ name: "word-count", handler: "word-count" }, { name: "checksum", handler: "checksum" }];
export const { url } = new BatchJobProcessor("jobs", { processors, authorization: "none" });
export const other = new BatchJobProcessor("more", { processors, authorization: "none", network: { privateWorkers: true } }).url;
`,
    );
    await engine.configure("dev", stackConfig([wordCount, checksum]));
    const up = await engine.succeed("dev", "up");
    const ofOne = up.steps.filter(({ name }) => name.startsWith("jobs-"));
    expect(up.steps.map(({ name }) => name).filter((name) => !/^(jobs|more)(-|$)/.test(name))).to.deep.equal([]);
    const others = new Set(up.steps.map(({ name }) => name));
    const missing = ofOne.filter(
      ({ name }) => !name.includes("-network-") && !others.has(name.replace("jobs", "more")),
    );
    expect(missing.map(({ name }) => name)).to.deep.equal([]);
    expect(lines((await engine.succeed("dev", "up")).steps)).to.deep.equal([]);
    expect((await submitAndFinish(engine, "dev", "checksum", { text: "abc" })).state).to.equal("succeeded");
  });
});
