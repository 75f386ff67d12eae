import { expect } from "chai";
import { prices } from "../../../bench/bill/prices";

describe("the prices of a job's calls", () => {
  it("have the floor of a single job that docs/cost.md names", () => {
    const floor = prices.apiRequest + 2 * prices.lambdaRequest + prices.snsPublish + prices.sqsRequest;
    expect(floor + 3 * prices.dynamoWrite).to.be.closeTo(1 + 0.4 + 0.5 + 0.4 + 1.875, 1e-9);
  });
});
