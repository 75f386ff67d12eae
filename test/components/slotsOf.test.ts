import { expect } from "chai";
import { slotsOf, vcpusOf } from "../../components/slotsOf";

describe("slotsOf", () => {
  it("is what is configured, else the vCPUs of the first instance type", () => {
    expect(slotsOf({ slots: 3, instanceTypes: ["c7g.large"] })).to.equal(3);
    expect(slotsOf({ slots: 0, instanceTypes: ["c7g.xlarge", "c7g.large"] })).to.equal(4);
  });

  // "Amazon EC2 instance types by CPU options".
  const known: Record<string, number> = {
    "c7g.medium": 1,
    "c7g.large": 2,
    "m7i.xlarge": 4,
    "c7g.2xlarge": 8,
    "c7i.24xlarge": 96,
    "c7i.metal-24xl": 96,
    "t4g.nano": 2,
    "t3.medium": 2,
    "t3.large": 2,
    "t3.xlarge": 4,
    "t3.2xlarge": 8,
    "a1.medium": 1,
    "x2gd.metal": 2,
  };
  for (const [type, vcpus] of Object.entries(known)) {
    it(`takes ${type} for ${vcpus} vCPUs`, () => expect(vcpusOf(type)).to.equal(vcpus));
  }
});
