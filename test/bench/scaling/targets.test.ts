import { expect } from "chai";
import { rules } from "../../../bench/scaling/rules/all";
import { missesOf } from "../../../bench/scaling/targets";
import { Trace } from "../../../bench/scaling/traces";
import { Result } from "../../../bench/scaling/trial";

const trace: Trace = { name: "t", arrivals: [0], durations: [1], seconds: 1, isSudden: true, isHeldToBound: true };

/** All reach the targets, but for what is said of one. */
function results(rule: string, changes: Partial<Result>): Result[] {
  return rules.map(({ name }) => ({
    trace: "t",
    rule: name,
    waitP50: 0,
    waitP95: 0,
    waitP99: 0,
    instanceHours: 1,
    dollars: 1,
    score: name.startsWith("ours") ? 1 : 3,
    busyKills: 0,
    firstLaunchSeconds: 1.2,
    leastDollars: 1,
    ...(name === rule && changes),
  }));
}

const of = (rule: string, changes: Partial<Result>) => missesOf(trace, results(rule, changes));

describe("missesOf", () => {
  it("finds none where every target is reached", () => {
    expect(of("ours", {})).to.deep.equal([]);
  });

  it("says which target is missed, and by how much", () => {
    expect(of("ours", { busyKills: 2 })).to.deep.equal(["t: 2 busy workers killed, none wanted"]);
    expect(of("ours", { firstLaunchSeconds: 4 })[0]).to.contain("first launch after 4.0 s");
    expect(of("target tracking", { score: 2.9 })[0]).to.contain("2.90 times better than target tracking");
    expect(of("KEDA, 30 s", { score: 0.9 })[0]).to.contain("1.11 times the score of KEDA, 30 s");
    expect(of("ours", { dollars: 1.51 })[0]).to.contain("1.510 times the least cost");
  });

  it("allows 2 % where both fleets are warm, and nothing where one isn't", () => {
    expect(of("KEDA, 30 s", { score: 0.985 })).to.deep.equal([]);
    expect(of("KEDA, 30 s", { score: 0.985, waitP95: 40 })).to.have.length(1);
  });
});
