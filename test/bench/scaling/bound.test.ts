import { expect } from "chai";
import { leastBilledSeconds } from "../../../bench/scaling/bound";
import { conditions } from "../../../bench/scaling/conditions";

const { startSeconds, minBilledSeconds } = conditions;
const [launch] = startSeconds;

function trace(arrivals: number[], duration: number) {
  return { name: "", arrivals, durations: arrivals.map(() => duration), seconds: 0 };
}

const every = (seconds: number, count: number) => Array.from({ length: count }, (_, index) => index * seconds);

describe("leastBilledSeconds", () => {
  it("is AWS's minimum for next to nothing", () => {
    expect(leastBilledSeconds(trace([0], 1), conditions, 0)).to.equal(minBilledSeconds);
  });

  it("is a launch and the work over the slots where work is dense", () => {
    expect(leastBilledSeconds(trace(every(1, 1_000), 100), conditions, 60)).to.equal(launch + 100_000 / 2);
  });

  it("is a launch and a run per job where jobs are sparse, but for the one in twenty that may be late", () => {
    expect(leastBilledSeconds(trace(every(1_000, 100), 50), conditions, 10)).to.equal(95 * (launch + 50));
  });

  it("is less where jobs may wait for one another", () => {
    const jobs = trace(every(100, 100), 50);
    expect(leastBilledSeconds(jobs, conditions, 200)).to.be.below(leastBilledSeconds(jobs, conditions, 0));
  });
});
