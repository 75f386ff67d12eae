import { expect } from "chai";
import { fitName } from "../../../components/aws/fitName";

describe("fitName", () => {
  it("leaves names to Pulumi while its seven digits fit", () => {
    expect(fitName("r".repeat(56), 64)).to.deep.equal({});
  });

  it("cuts longer ones to a prefix that the provider's 26 characters fit behind", () => {
    const { namePrefix } = fitName("r".repeat(57), 64);
    expect(namePrefix).to.equal(`${"r".repeat(37)}-`);
    expect(namePrefix!.length + 26).to.equal(64);
  });
});
