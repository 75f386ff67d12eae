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

  it("fails a job for good by what the package says of its payload", async () => {
    const job = await example.run("invoice", { customer: "Ada", lines: [] });
    expect(job).to.deep.include({ state: "failed", attempts: 1 });
    expect((job.error as { message: string }).message).to.include("lines");
  });
});
