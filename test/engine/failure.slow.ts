import { expect } from "chai";
import { submitAndFinish } from "./jobs";
import { lines, stackConfig, wordCount } from "./programs";
import { type Engine, startEngine } from "./support";

describe("the engine, when a resource can't be made", () => {
  let engine: Engine;
  before(async () => {
    engine = await startEngine();
    await engine.configure("dev", stackConfig([wordCount]));
  });
  after(() => engine.stop());

  it("says which, keeps what there is, and makes the rest at the next try", async () => {
    const { faults } = engine.cloud;
    const refuse = faults.add({ service: "sns", action: "CreateTopic", status: 403, code: "AuthorizationError" });
    const failed = await engine.run("dev", "up");
    refuse();
    expect(failed.code).not.to.equal(0);
    expect(failed.text).to.match(/aws:sns:Topic \(jobs-router-topic\):\n\s*error: .*AuthorizationError/);
    const made = engine.provider.resources.list();
    expect(made).not.to.deep.equal([]);
    const retried = await engine.succeed("dev", "up");
    expect(retried.steps.filter(({ op }) => op !== "create").map(({ op, name }) => `${op} ${name}`)).to.deep.equal([]);
    expect(lines(retried.steps)).to.include("create jobs-router-topic");
    expect(engine.provider.resources.list()).to.include.members(made);
    expect((await submitAndFinish(engine, "dev", "word-count", { text: "one two three" })).result).to.include({
      words: 3,
    });
    await engine.succeed("dev", "up", "--expect-no-changes");
  });
});
