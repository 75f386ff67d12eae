import { expect } from "chai";
import { rules } from "../../../bench/scaling/rules/all";
import { missesOf } from "../../../bench/scaling/targets";
import { type Result } from "../../../bench/scaling/trial";

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
    score: 1,
    idleShare: 0.5,
    billed: { starting: 0.2, working: 0.5, idle: 0.3 },
    busyKills: 0,
    firstLaunchSeconds: 1.2,
    leastDollars: 1,
    ...(name === rule && changes),
  }));
}

const of = (rule: string, changes: Partial<Result>) => missesOf("t", results(rule, changes));

describe("missesOf", () => {
  it("finds none where every target is reached", () => {
    expect(of("ours", {})).to.deep.equal([]);
  });

  it("says which target is missed, and by how much", () => {
    expect(of("ours", { busyKills: 2 })).to.deep.equal(["t: 2 busy workers killed, none wanted"]);
    expect(of("ours", { firstLaunchSeconds: 4 })[0]).to.contain("first launch after 4.0 s");
    expect(of("ours", { dollars: 5.6 })[0]).to.contain("5.60 times the least cost");
    expect(of("ours", { idleShare: 1.01 })[0]).to.contain("1.01 times as much billed idle as used");
  });

  it("lets a poller be cheaper or faster, and not both", () => {
    const slower = results("ours", { waitP95: 5 });
    const of = (changes: Partial<Result>) =>
      missesOf(
        "t",
        slower.map((result) => (result.rule === "KEDA, 30 s" ? { ...result, ...changes } : result)),
      );
    expect(of({ waitP95: 4 })).to.deep.equal([]);
    expect(of({ waitP95: 6, dollars: 0.9 })).to.deep.equal([]);
    expect(of({ waitP95: 4, dollars: 0.9 })[0]).to.contain("KEDA, 30 s is better in dollars and p95 at once");
  });
});
