import { expect } from "chai";
import fc from "fast-check";
import { chooseZones } from "../../../components/network/chooseZones";
import { fittingSubnets } from "../../../components/network/fittingSubnets";

const [a, b, c, d, e] = ["us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d", "us-east-1e"] as const;

describe("chooseZones", () => {
  it("takes the first zones that offer the needed types, up to a number", () => {
    expect(chooseZones([["c7g.large"]], { "c7g.large": [e, d, b, a] }, 3)).to.deep.equal([a, b, d]);
    expect(chooseZones([["c7g.large"]], { "c7g.large": [b] }, 3)).to.deep.equal([b]);
  });

  it("prefers zones that serve more processors, then zones that offer more types", () => {
    const offers = { big: [c, d, e], small: [a, b, c, d], other: [d] };
    expect(chooseZones([["big"], ["small"]], offers, 2)).to.deep.equal([c, d]);
    expect(chooseZones([["big", "other"], ["small"]], offers, 1)).to.deep.equal([d]);
  });

  it("leaves out Local Zones, and zones without the endpoints that are needed", () => {
    const offers = { "c7g.large": ["us-east-1-bos-1a", a, b, c] };
    expect(chooseZones([["c7g.large"]], offers, 3)).to.deep.equal([a, b, c]);
    expect(chooseZones([["c7g.large"]], offers, 3, [b, c])).to.deep.equal([b, c]);
    expect(chooseZones([["m7g.large"]], { "m7g.large": ["us-gov-west-1a"] }, 3)).to.deep.equal(["us-gov-west-1a"]);
  });

  it("leaves no processor without a subnet where one zone would have served all", () => {
    const zone = fc.constantFrom(a, b, c, d, e);
    const offers = fc.record({ s: fc.uniqueArray(zone), m: fc.uniqueArray(zone), l: fc.uniqueArray(zone) });
    const types = fc.uniqueArray(fc.constantFrom("s", "m", "l"), { minLength: 1 });
    fc.assert(
      fc.property(
        offers,
        fc.array(types, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 3 }),
        (of, all, n) => {
          const zones = chooseZones(all, of, n);
          expect(zones.length).to.be.at.most(n);
          const serves = (each: string) =>
            all.every((some) => some.some((type) => of[type as "s"].includes(each as "us-east-1a")));
          if (![a, b, c, d, e].some(serves)) return;
          const subnets = zones.map((each) => ({ id: `in-${each}`, zone: each }));
          for (const instanceTypes of all) {
            if (instanceTypes.some((type) => of[type as "s"].length === 0)) continue;
            const fitting = fittingSubnets({ name: "x", instanceTypes }, subnets, of);
            expect(fitting).to.not.deep.equal([]);
            for (const id of fitting) {
              expect(instanceTypes.some((type) => of[type as "s"].some((each) => id === `in-${each}`))).to.equal(true);
            }
          }
        },
      ),
    );
  });
});

describe("fittingSubnets", () => {
  const subnets = [
    { id: "subnet-1", zone: a },
    { id: "subnet-2", zone: b },
    { id: "subnet-3", zone: undefined },
  ];
  const fit = (
    instanceTypes: string[],
    offers: Record<string, string[]>,
    of: { id: string; zone?: string }[] = subnets,
  ) => fittingSubnets({ name: "resize", instanceTypes }, of, offers);

  it("leaves out subnets of zones that offer none of the types, and keeps those of unknown zones", () => {
    expect(fit(["c7g.large"], { "c7g.large": [b, c] })).to.deep.equal(["subnet-2", "subnet-3"]);
    expect(fit(["c7g.large", "m7g.large"], { "c7g.large": [b], "m7g.large": [a] })).to.have.length(3);
  });

  it("names types that are offered nowhere, or only in zones without a subnet", () => {
    expect(() => fit(["c7q.large"], { "c7q.large": [] })).to.throw(
      'The processor "resize": instanceTypes: Expected types that EC2 offers in this region, got "c7q.large"',
    );
    expect(() => fit(["c8g.large"], { "c8g.large": [d] }, subnets.slice(0, 2))).to.throw(
      "Expected one that EC2 offers in us-east-1a, us-east-1b, where the subnets are, got c8g.large, offered in us-east-1d",
    );
  });
});
