import { createHmac } from "node:crypto";
import { expect } from "chai";
import { type RunningExample, startExample } from "./support";

describe("the example secrets", () => {
  let example: RunningExample;
  before(async () => {
    const signingKeyArn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:signing-key-AbCdEf";
    example = await startExample("secrets", { signingKeyArn }, { secrets: { SIGNING_KEY: "a key for local runs" } });
  });
  after(() => example?.stop());

  it("signs with the key", async () => {
    const job = await example.run("sign", { text: "to be" });
    const signature = createHmac("sha256", "a key for local runs").update("to be").digest("hex");
    expect(job).to.deep.include({ state: "succeeded", result: { text: "to be", signature } });
  });
});
