import { expect } from "chai";
import fc from "fast-check";
import { retry } from "../../../worker-image/src/services/retry";
import { backoffSeconds, hideableSeconds } from "../../../worker-image/src/support/backoff";
import { guardAgainstLeaks } from "../../support/leakGuard";
import { FakeClock } from "../helpers/fakeClock";

describe("backoffSeconds", () => {
  guardAgainstLeaks();

  const longest = (attempt: number) => backoffSeconds(attempt, { baseSeconds: 10, maxSeconds: 300, random: () => 1 });

  it("doubles with each attempt, up to its maximum", () => {
    expect([1, 2, 3, 4, 5, 6, 7].map(longest)).to.deep.equal([10, 20, 40, 80, 160, 300, 300]);
    expect(longest(5_000)).to.equal(300);
  });

  it("has full jitter", () => {
    expect(backoffSeconds(3, { baseSeconds: 10, maxSeconds: 300, random: () => 0.25 })).to.equal(10);
    expect(backoffSeconds(3, { baseSeconds: 10, maxSeconds: 300, random: () => 0 })).to.equal(0);
  });
});

describe("hideableSeconds", () => {
  it("never reaches 12 hours after the receipt, and is a whole number from 0", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e6, noNaN: true }), fc.integer({ min: 0, max: 1e8 }), (wanted, ageMs) => {
        const seconds = hideableSeconds(wanted, 0, ageMs);
        expect(Number.isInteger(seconds) && seconds >= 0).to.equal(true);
        expect(seconds).to.be.at.most(Math.round(wanted));
        if (seconds > 0) expect(ageMs / 1_000 + seconds).to.be.at.most(43_200 - 60);
      }),
    );
  });
});

describe("retry", () => {
  const options = (clock: FakeClock, signal = new AbortController().signal) => {
    const retries: unknown[] = [];
    return { clock, random: () => 1, signal, onRetry: (error: unknown) => retries.push(error), retries };
  };

  it("repeats with backoff until the action works", async () => {
    const clock = new FakeClock();
    const times: number[] = [];
    const begun = clock.now();
    const done = retry(async () => {
      times.push(clock.now() - begun);
      if (times.length < 4) throw new Error("throttled");
      return "done";
    }, options(clock));
    await clock.advance(10_000);
    expect(await done).to.equal("done");
    expect(times).to.deep.equal([0, 200, 600, 1_400]);
  });

  it("gives up after about a minute, with the last error", async () => {
    const clock = new FakeClock();
    const { retries, ...rest } = { ...options(clock) };
    let outcome = "";
    void retry(async () => Promise.reject(new Error("down")), { ...rest }).catch(
      (error: Error) => (outcome = error.message),
    );
    await clock.advance(60_000);
    expect(outcome).to.equal("");
    await clock.advance(30_000);
    expect(outcome).to.equal("down");
    expect(retries).to.have.length(9);
    expect(clock.pendingTimers).to.equal(0);
  });

  it("doesn't repeat what can't succeed, nor when there is no time left", async () => {
    const clock = new FakeClock();
    const nonRetryable = Object.assign(new Error("x"), { name: "ValidationException" });
    const failing = (error: Error, signal?: AbortSignal) =>
      retry(() => Promise.reject(error), options(clock, signal)).then(
        () => "resolved",
        () => "rejected",
      );
    expect(await failing(nonRetryable)).to.equal("rejected");
    expect(await failing(new Error("x"), AbortSignal.abort())).to.equal("rejected");
  });
});
