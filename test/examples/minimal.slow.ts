import { expect } from "chai";
import { type RunningExample, startExample } from "./support";

describe("the example minimal", () => {
  let example: RunningExample;
  before(async () => (example = await startExample("minimal")));
  after(() => example?.stop());

  it("greets in the language of the payload", async () => {
    const job = await example.run("greet", { name: "Ada", language: "de" });
    expect(job).to.deep.include({ state: "succeeded", result: { text: "Hallo Ada" } });
  });

  it("fails for good at a language that it lacks", async () => {
    const job = await example.run("greet", { name: "Ada", language: "tlh" });
    expect(job).to.include({ state: "failed", attempts: 1 });
    expect(JSON.stringify(job.error)).to.include('There is no greeting in \\"tlh\\"');
  });
});
