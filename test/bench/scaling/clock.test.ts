import { expect } from "chai";
import * as fc from "fast-check";
import { Clock } from "../../../bench/scaling/clock";

describe("Clock", () => {
  it("runs events by time, and those of one time in the order they were asked for", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20)), (times) => {
        const clock = new Clock();
        const seen: [number, number][] = [];
        times.forEach((time, order) => clock.at(time, () => seen.push([clock.now, order])));
        clock.run(() => false);
        const expected = times.map((time, order) => [time, order] as const).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
        expect(seen).to.deep.equal(expected);
      }),
    );
  });

  it("repeats until it is over", () => {
    const clock = new Clock();
    const seen: number[] = [];
    clock.every(10, 3, () => seen.push(clock.now));
    clock.run((next) => next > 30);
    expect(seen).to.deep.equal([3, 13, 23]);
  });
});
