import { expect } from "chai";
import { createClock, systemClock } from "../../../worker-image/src/support/clock";

describe("systemClock", () => {
  const real = Date.now;
  afterEach(() => (Date.now = real));

  it("gives the time in whole milliseconds", () => {
    expect(Math.abs(systemClock.now() - Date.now())).to.be.lessThan(60_000);
    expect(Number.isInteger(systemClock.now())).to.be.true;
  });

  it("is not affected when the wall clock is set", () => {
    const before = systemClock.now();
    Date.now = () => real() - 86_400_000;
    expect(systemClock.now() - before).to.be.within(0, 60_000);
    Date.now = () => real() + 3_600_000;
    expect(systemClock.now() - before).to.be.within(0, 60_000);
  });
});

describe("createClock", () => {
  const hour = 3_600_000;

  function setUp() {
    const time = { wall: 1_000_000, steady: 1_000_000, uptime: 50_000 };
    const clock = createClock({ wall: () => time.wall, steady: () => time.steady, uptime: () => time.uptime });
    const pass = (milliseconds: number, { isAsleep = false } = {}) => {
      time.wall += milliseconds;
      time.uptime += milliseconds;
      if (!isAsleep) time.steady += milliseconds;
    };
    return { time, clock, pass };
  }

  it("counts what the machine has slept, each time, so that older and newer workers agree", () => {
    const { clock, pass, time } = setUp();
    for (let nap = 1; nap <= 3; nap++) {
      pass(60_000);
      pass(hour, { isAsleep: true });
      expect(clock.now()).to.equal(time.wall);
    }
    pass(60_000);
    expect(clock.now()).to.equal(time.wall);
    const younger = createClock({ wall: () => time.wall, steady: () => time.wall, uptime: () => time.uptime });
    expect(clock.now()).to.equal(younger.now());
  });

  it("doesn't take a corrected wall clock for sleep, in either direction, with or without sleep", () => {
    const { clock, pass, time } = setUp();
    for (const jump of [hour, -3 * hour, 24 * hour]) {
      time.wall += jump;
      pass(1_000);
      expect(clock.now()).to.equal(time.steady);
    }
    pass(hour, { isAsleep: true });
    time.wall -= 2 * hour;
    expect(clock.now()).to.equal(time.steady + hour);
  });

  it("never goes back", () => {
    const { clock, pass, time } = setUp();
    let before = clock.now();
    for (let step = 0; step < 200; step++) {
      pass(step * 37, { isAsleep: step % 7 === 0 });
      if (step % 11 === 0) time.wall += (step % 2 === 0 ? 1 : -1) * hour;
      // The uptime has whole seconds on some systems.
      time.uptime = Math.floor(time.uptime / 1_000) * 1_000;
      expect(clock.now()).to.be.at.least(before);
      before = clock.now();
    }
  });
});
