import { expect } from "chai";
import { missesOfSeeds, type SeedResult, tableOfSeeds, trySeed } from "../../../bench/scaling/seeds";

const tried = trySeed(1, 1);

/** A seed whose cost is so many times the least. */
function seedOf(seed: number, ratio: number): SeedResult {
  const own = { ...tried.own, dollars: ratio, leastDollars: 1 };
  return { seed, jobs: 10, own, misses: [] };
}

describe("seeds", () => {
  it("reaches every target on seeds that no parameter was chosen by", () => {
    const seeds = [90_001, 90_002, 90_003, 90_004, 90_005, 90_006].map((seed) => trySeed(seed, 1));
    expect(missesOfSeeds(seeds)).to.deep.equal([]);
    const { starting, working, idle } = seeds[0]!.own.billed;
    expect(starting + working + idle).to.be.within(0.5, 1);
  });

  it("says which quantile is too high", () => {
    const seeds = Array.from({ length: 20 }, (_, index) => seedOf(index, index < 18 ? 1.2 : 3));
    expect(missesOfSeeds(seeds)).to.deep.equal(["All seeds: 3.00 times the least cost (p95), at most 2.5 wanted"]);
    expect(missesOfSeeds(seeds.slice(17))[0]).to.contain("(median)");
  });

  it("lists the seeds above 2.5 times the least, the worst first", () => {
    const text = tableOfSeeds([seedOf(7, 1), seedOf(8, 2.6), seedOf(9, 3)]);
    expect(text.match(/^\| [789] \| [\d.]+/gm)).to.deep.equal(["| 9 | 3.00", "| 8 | 2.60"]);
    expect(text).to.contain("| 7–9 | 1.00 2.60 3.00 |");
  });
});
