import { expect } from "chai";
import { heartbeatInterval, startHeartbeat } from "../../../worker-image/src/support/heartbeat";
import { PacedWriter } from "../../../worker-image/src/support/pacedWriter";
import { type Progress, toProgress } from "../../../worker-image/src/support/progress";
import { guardAgainstLeaks } from "../../support/leakGuard";
import { FakeClock, settled } from "../helpers/fakeClock";

describe("heartbeatInterval", () => {
  guardAgainstLeaks();

  it("is a third of the visibility timeout, and at most 20 s", () => {
    expect([3, 30, 60, 43_200].map(heartbeatInterval)).to.deep.equal([1_000, 10_000, 20_000, 20_000]);
  });
});

describe("startHeartbeat", () => {
  it("beats until it is stopped, whatever a beat throws", async () => {
    const clock = new FakeClock();
    const errors: unknown[] = [];
    let beats = 0;
    const stop = startHeartbeat(
      clock,
      1_000,
      async () => {
        if (++beats === 2) throw new Error("throttled");
      },
      (error) => errors.push(error),
    );
    await clock.advance(999);
    expect(beats).to.equal(0);
    await clock.advance(4_001);
    expect(beats).to.equal(5);
    expect(errors).to.have.length(1);
    await stop();
    await clock.advance(10_000);
    expect(beats).to.equal(5);
    expect(clock.pendingTimers).to.equal(0);
  });

  it("never beats twice at once, and is not pushed back by a slow beat", async () => {
    const clock = new FakeClock();
    const begun = clock.now();
    const times: number[] = [];
    let end = () => {};
    const stop = startHeartbeat(
      clock,
      1_000,
      () => {
        times.push(clock.now() - begun);
        return times.length === 1 ? new Promise((resolve) => (end = resolve)) : Promise.resolve();
      },
      () => {},
    );
    await clock.advance(1_700);
    end();
    await clock.advance(400);
    expect(times).to.deep.equal([1_000, 2_000]);
    await stop();
  });

  it("stops only once the beat under way is over", async () => {
    const clock = new FakeClock();
    let end = () => {};
    const stop = startHeartbeat(
      clock,
      1_000,
      () => new Promise((resolve) => (end = resolve)),
      () => {},
    );
    await clock.advance(1_000);
    let isStopped = false;
    const stopped = stop().then(() => (isStopped = true));
    await settled();
    expect(isStopped).to.equal(false);
    end();
    await stopped;
    expect(clock.pendingTimers).to.equal(0);
  });
});

describe("PacedWriter", () => {
  it("writes the first at once, then the last of each second", async () => {
    const clock = new FakeClock();
    const written: number[] = [];
    const writer = new PacedWriter<Progress>(
      clock,
      async ({ fraction }) => void written.push(fraction),
      () => {},
    );
    for (let step = 0; step < 25; step++) {
      writer.report({ fraction: step / 100 });
      await clock.advance(100);
    }
    expect(written).to.deep.equal([0, 0.09, 0.19]);
    await writer.stop();
    await clock.advance(5_000);
    expect(written).to.have.length(3);
    expect(clock.pendingTimers).to.equal(0);
  });

  it("continues after a write that failed", async () => {
    const clock = new FakeClock();
    const errors: unknown[] = [];
    let writes = 0;
    const write = async () => {
      if (++writes === 1) throw new Error("throttled");
    };
    const writer = new PacedWriter<Progress>(clock, write, (error) => errors.push(error));
    writer.report({ fraction: 0.1 });
    writer.report({ fraction: 0.2 });
    await clock.advance(1_000);
    expect([writes, errors.length]).to.deep.equal([2, 1]);
    await writer.stop();
  });

  it("keeps fractions between 0 and 1, and refuses what is no number", () => {
    expect(toProgress(-1)).to.deep.equal({ fraction: 0 });
    expect(toProgress(7, "x".repeat(999))?.note).to.have.length(200);
    for (const wrong of [NaN, "0.5", undefined, null]) expect(toProgress(wrong)).to.equal(undefined);
  });
});
