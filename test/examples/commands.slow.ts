import { spawnSync } from "node:child_process";
import { expect } from "chai";
import { type RunningExample, startExample } from "./support";

const hasPython = spawnSync("python3", ["--version"]).status === 0;
if (!hasPython)
  console.error("There is no python3 on this machine, so the example commands is NOT tested: install Python 3.");

(hasPython ? describe : describe.skip)("the example commands", () => {
  let example: RunningExample;
  before(async () => (example = await startExample("commands")));
  after(() => example?.stop());

  it("has a Python script run the job", async () => {
    const job = await example.run("statistics", { numbers: [2, 4, 4, 4, 5, 5, 7, 9] });
    expect(job.state).to.equal("succeeded");
    expect(job.result).to.deep.include({ count: 8, mean: 5, median: 4.5 });
    expect((job.result as { deviation: number }).deviation).to.be.closeTo(2.138, 0.001);
  });

  it("has the script reject a job for good, with its reason", async () => {
    const job = await example.run("statistics", { numbers: [1] });
    expect(job).to.include({ state: "failed", attempts: 1 });
    expect(JSON.stringify(job.error)).to.include("Expected two numbers at least, got 1");
  });
});
