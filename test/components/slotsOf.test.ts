import { expect } from "chai";
import { slotsOf, vcpusOf } from "../../components/slotsOf";

describe("slotsOf", () => {
  it("takes what is configured, else the vCPUs of the first instance type", () => {
    expect(slotsOf({ slots: 3, instanceTypes: ["c7g.4xlarge"] })).to.equal(3);
    expect(slotsOf({ slots: 0, instanceTypes: ["c7g.4xlarge", "c7g.large"] })).to.equal(16);
  });

  it("reads vCPUs from the type's size", () => {
    const vcpus = {
      "c7g.medium": 1,
      "m7i-flex.large": 2,
      "c7i.xlarge": 4,
      "c7g.16xlarge": 64,
      "t4g.nano": 2,
      "t3.2xlarge": 8,
    };
    for (const [type, count] of Object.entries(vcpus)) expect(vcpusOf(type), type).to.equal(count);
  });
});
