import { expect } from "chai";
import fc from "fast-check";
import { retry, type RetryClock, type RetryOptions } from "../../../client/connection/retry";
import { rejection } from "../../local-cloud/support";

/** A clock that doesn't wait, and notes how long it would have. */
function fakeClock(random: () => number = () => 1): RetryClock & { pauses: number[] } {
  const pauses: number[] = [];
  let time = 0;
  const sleep = (milliseconds: number, signal?: AbortSignal) => {
    signal?.throwIfAborted();
    time += milliseconds;
    return Promise.resolve(pauses.push(milliseconds));
  };
  return { pauses, now: () => time, random, sleep };
}

describe("retry", () => {
  const options: RetryOptions = {
    maxAttempts: 8,
    backoffMilliseconds: { first: 200, longest: 5_000 },
    shouldRetry: () => true,
  };
  const failing = (times: number) => {
    let tried = 0;
    return () => (++tried > times ? Promise.resolve(tried) : Promise.reject(new Error(`failure ${tried}`)));
  };

  it("returns the result of the first success", async () => {
    const clock = fakeClock();
    expect(await retry(failing(0), options, clock)).to.equal(1);
    expect(await retry(failing(3), options, clock)).to.equal(4);
    expect(clock.pauses).to.deep.equal([200, 400, 800]);
  });

  it("throws the last attempt's error, without a wait after it", async () => {
    const clock = fakeClock();
    expect((await rejection(retry(failing(99), options, clock))).message).to.equal("failure 8");
    expect(clock.pauses).to.deep.equal([200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
  });

  it("tries a last time when its time is over, and tells each attempt what is left", async () => {
    const clock = fakeClock();
    const left: number[] = [];
    const attempt = (milliseconds: number) => {
      left.push(milliseconds);
      return Promise.reject(new Error(`failure ${left.length}`));
    };
    const limited = { ...options, longestMilliseconds: 1_000, leastMilliseconds: () => 100 };
    expect((await rejection(retry(attempt, limited, clock))).message).to.equal("failure 4");
    expect(left).to.deep.equal([1_000, 700, 200, 0]);
  });

  it("doesn't retry errors that no later attempt can mend", async () => {
    const clock = fakeClock();
    const once = retry(failing(99), { ...options, shouldRetry: () => false }, clock);
    expect((await rejection(once)).message).to.equal("failure 1");
    expect(clock.pauses).to.deep.equal([]);
  });

  it("tries once if the number of attempts is no number", async () => {
    for (const maxAttempts of [1, 0, -1, NaN]) {
      const once = retry(failing(99), { ...options, maxAttempts }, fakeClock());
      expect((await rejection(once)).message, String(maxAttempts)).to.equal("failure 1");
    }
  });

  it("waits at least as long as the failure requires, and a random time", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        fc.integer({ min: 0, max: 60_000 }),
        fc.integer({ min: 1, max: 12 }),
        async (random, least, failures) => {
          const clock = fakeClock(() => random);
          const more = { maxAttempts: failures + 1, leastMilliseconds: () => least };
          expect(await retry(failing(failures), { ...options, ...more }, clock)).to.equal(failures + 1);
          clock.pauses.forEach((pause, index) => {
            expect(pause).to.be.within(least, least + Math.min(200 * 2 ** index, 5_000));
          });
        },
      ),
    );
  });

  it("throws the signal's reason: before it begins, after an attempt, and while it waits", async () => {
    const enough = new Error("enough");
    expect(await rejection(retry(failing(0), { ...options, signal: AbortSignal.abort(enough) }))).to.equal(enough);
    const stop = new AbortController();
    const stopping = () => {
      stop.abort(enough);
      return Promise.reject(new Error("failure"));
    };
    expect(await rejection(retry(stopping, { ...options, signal: stop.signal }, fakeClock()))).to.equal(enough);
    const late = new AbortController();
    const waiting = retry(failing(9), { ...options, leastMilliseconds: () => 1e6, signal: late.signal });
    setImmediate(() => late.abort(enough));
    expect(await rejection(waiting)).to.equal(enough);
  });
});
