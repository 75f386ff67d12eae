import { expect } from "chai";
import { every, once } from "../../local-cloud/timers";

const day = 86_400_000;

/** Runs a test in a time of its own, in which a timer that is too long ends at once, as Node's do. */
function inVirtualTime(test: (passDays: (days: number) => void) => void): void {
  const { setTimeout: realTimeout, clearTimeout: realClear } = global;
  const realNow = Date.now;
  let now = 0;
  const timers = new Map<number, { at: number; run: () => void }>();
  let count = 0;
  const set = (run: () => void, delay: number) => {
    timers.set(++count, { at: now + (delay > 2 ** 31 - 1 ? 1 : Math.max(1, delay)), run });
    return count;
  };
  Object.assign(Date, { now: () => now });
  Object.assign(global, { setTimeout: set, clearTimeout: (id: number) => timers.delete(id) });
  try {
    test((days) => {
      const end = now + days * day;
      for (;;) {
        const [id, next] = [...timers].sort(([, one], [, other]) => one.at - other.at)[0] ?? [0, undefined];
        if (!next || next.at > end) break;
        timers.delete(id);
        now = next.at;
        next.run();
      }
      now = end;
    });
  } finally {
    Object.assign(Date, { now: realNow });
    Object.assign(global, { setTimeout: realTimeout, clearTimeout: realClear });
  }
}

describe("timers of the local cloud", () => {
  it("wait for an interval that Node's own can't: each 30 days, and not at once", () => {
    inVirtualTime((passDays) => {
      const runs: number[] = [];
      const cancel = every(30 * day, () => runs.push(Date.now() / day));
      passDays(100);
      expect(runs).to.deep.equal([30, 60, 90]);
      cancel();
      passDays(100);
      expect(runs).to.have.length(3);
    });
  });

  it("wait for a time a year ahead, once", () => {
    inVirtualTime((passDays) => {
      const runs: number[] = [];
      once(365 * day, () => runs.push(Date.now() / day));
      const cancel = once(366 * day, () => runs.push(366));
      passDays(364);
      expect(runs).to.deep.equal([]);
      cancel();
      passDays(100);
      expect(runs).to.deep.equal([365]);
    });
  });
});
