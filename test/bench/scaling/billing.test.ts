import { expect } from "chai";
import { billedSeconds, dollars } from "../../../bench/scaling/billing";
import { conditions } from "../../../bench/scaling/conditions";

describe("billedSeconds", () => {
  it("bills per second, a minute at least", () => {
    expect(billedSeconds([{ runningAt: 10, endedAt: 11 }], conditions, 500)).to.equal(60);
    expect(billedSeconds([{ runningAt: 10, endedAt: 71 }], conditions, 500)).to.equal(61);
  });

  it("bills what still runs until now, and nothing for what was ended before it ran", () => {
    expect(billedSeconds([{ runningAt: 100 }], conditions, 500)).to.equal(400);
    expect(billedSeconds([{ runningAt: 100, endedAt: 90 }], conditions, 500)).to.equal(0);
    expect(billedSeconds([{ runningAt: 600 }], conditions, 500)).to.equal(0);
  });

  it("adds instances up", () => {
    const instances = [{ runningAt: 0, endedAt: 3_600 }, { runningAt: 0, endedAt: 30 }, { runningAt: 440 }];
    expect(billedSeconds(instances, conditions, 500)).to.equal(3_600 + 60 + 60);
    expect(dollars(7_200, conditions)).to.be.closeTo(2 * conditions.dollarsPerHour, 1e-9);
  });
});
