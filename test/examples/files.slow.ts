import { expect } from "chai";
import { type RunningExample, startExample } from "./support";

describe("the example files", () => {
  let example: RunningExample;
  before(async () => {
    example = await startExample("files");
  });
  after(() => example?.stop());

  it("runs the handler's file with its package and its helper", async () => {
    const lines = [{ item: "engine", count: 2, cents: 250 }];
    const job = await example.run("invoice", { customer: "Ada", lines });
    expect(job).to.deep.include({ state: "succeeded", result: { customer: "Ada", cents: 500 } });
  });

  it("refuses a payload that doesn't fit the schema of the handler's file", async () => {
    const problem = await example.run("invoice", { customer: "Ada", lines: [] });
    expect(problem).to.include({ status: 422 });
    expect(JSON.stringify(problem)).to.include("/payload/lines");
  });
});
