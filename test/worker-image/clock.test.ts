import { expect } from "chai";
import { systemClock } from "../../worker-image/src/clock";

describe("systemClock", () => {
  const real = Date.now;
  afterEach(() => (Date.now = real));

  it("tells the time in whole milliseconds", () => {
    expect(Math.abs(systemClock.now() - Date.now())).to.be.lessThan(60_000);
    expect(Number.isInteger(systemClock.now())).to.be.true;
  });

  it("goes on as before where the wall clock is set", () => {
    const before = systemClock.now();
    Date.now = () => real() - 86_400_000;
    expect(systemClock.now() - before).to.be.within(0, 1_000);
    Date.now = () => real() + 3_600_000;
    expect(systemClock.now() - before).to.be.within(0, 1_000);
  });
});
