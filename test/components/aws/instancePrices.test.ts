import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { instancePrices, priceOf } from "../../../components/aws/instancePrices";
import { architectureOf } from "../../../components/aws/instanceTypes";
import { packageRoot } from "../../../contract/packageRoot";

/** Prices of AWS's price list, as of the dates that the table names. */
const listed: [instanceType: string, region: string, dollars: number][] = [
  ["c7g.large", "us-east-1", 0.072_5],
  ["c7g.xlarge", "us-east-2", 0.144_5],
  ["t4g.small", "us-east-1", 0.016_8],
  ["c7i.large", "us-east-1", 0.089_25],
  ["m5.xlarge", "eu-central-1", 0.23],
  ["c5.2xlarge", "eu-west-1", 0.384],
  ["r5.4xlarge", "ap-northeast-1", 1.216],
  ["m5.xlarge", "us-gov-west-1", 0.242],
];

describe("priceOf", () => {
  for (const [instanceType, region, dollars] of listed) {
    it(`knows ${instanceType} in ${region}, within half a percent`, () => {
      expect(priceOf(instanceType, region)! / dollars).to.be.within(0.995, 1.005);
    });
  }

  it("knows none of another type, family or region, nor of a region that mocks leave open", () => {
    const unknown = [
      ["c7g.huge", "us-east-1"],
      ["c99.large", "us-east-1"],
      ["c7g.large", "mars-west-1"],
    ];
    for (const [instanceType, region] of [...unknown, ["constructor.x", "us-east-1"], ["0.0725", "us-east-1"]])
      expect(priceOf(instanceType!, region!), `${instanceType} in ${region}`).to.equal(undefined);
    expect(priceOf("c7g.large", undefined as unknown as string)).to.equal(undefined);
    expect(priceOf("c8g.large", "eu-central-1"), "no ratio of the family").to.equal(undefined);
  });

  it("has a readable table, of types and regions alone that exist by their names", () => {
    const text = readFileSync(join(packageRoot(), "components", "aws", "priceTable.json"), "utf8");
    const table = JSON.parse(text) as { about: string; types: Record<string, string>; regions: Record<string, string> };
    expect(Buffer.byteLength(text)).to.be.lessThan(40_000);
    expect(table.about).to.match(/2026-07-20.*2025-01-14/);
    const pairs = /^([a-z0-9-]+ \d+(\.\d+)?)( [a-z0-9-]+ \d+(\.\d+)?)*$/;
    for (const [family, sizes] of Object.entries(table.types)) {
      expect(sizes, family).to.match(pairs);
      expect(architectureOf(`${family}.large`)).to.be.oneOf(["arm64", "x86_64"]);
    }
    for (const [region, ratios] of Object.entries(table.regions)) {
      expect(region).to.match(/^[a-z]{2}(-gov)?-[a-z]+-\d$/);
      expect(ratios, region).to.match(pairs);
      const all = ratios.split(" ").filter((_, index) => index % 2 === 1);
      for (const ratio of all) expect(Number(ratio), region).to.be.within(0.6, 2);
    }
  });
});

describe("instancePrices", () => {
  const price = (instanceType: string) => ({ "a.large": 0.1, "b.large": 0.2 })[instanceType];

  it("has one for all instances where it is given, or there is one type; else those that are known", () => {
    expect(instancePrices({ instanceTypes: ["a.large", "b.large"], pricePerInstanceHour: 0 }, price)).to.deep.equal({
      "*": 0,
    });
    expect(instancePrices({ instanceTypes: ["a.large"] }, price)).to.deep.equal({ "*": 0.1 });
    expect(instancePrices({ instanceTypes: ["a.large", "c.large"] }, price)).to.deep.equal({ "a.large": 0.1 });
    expect(instancePrices({ instanceTypes: ["c.large"] }, price)).to.equal(undefined);
  });
});
