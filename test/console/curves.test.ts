import { expect } from "chai";
import fc from "fast-check";
import { changesIn, curvesOf } from "../../console/curves";
import type { PastCounts } from "../../contract/http/answers";

const minute = 60_000;
const start = Date.parse("2026-11-02T10:00:00Z");

function counts(minutes: number, waiting: number, desired: number, reason?: PastCounts["reason"]): PastCounts {
  const at = new Date(start + minutes * minute).toISOString();
  return { at, waiting, running: 0, inService: desired, pending: 0, desired, ...(reason && { reason }) };
}

describe("curves of a type's history", () => {
  const from = start;
  const to = start + 60 * minute;

  it("begin with what held before, and end now", () => {
    expect(curvesOf([counts(-30, 0, 1), counts(10, 4, 1), counts(11, 0, 2)], from, to)).to.deep.equal({
      times: [start, start + 10 * minute, start + 11 * minute, to],
      of: { waiting: [0, 4, 0, 0], running: [0, 0, 0, 0], inService: [1, 1, 2, 2], desired: [1, 1, 2, 2] },
    });
    expect(curvesOf([], from, to).times).to.deep.equal([]);
    expect(curvesOf([counts(61, 0, 2)], from, to)).to.deep.include({ times: [to] });
  });

  it("break where counts with jobs have no successor: the scaler didn't run", () => {
    const { times, of } = curvesOf([counts(10, 4, 1), counts(20, 5, 1)], from, to);
    const after = 1 / minute;
    expect(times.map((time) => (time - start) / minute)).to.deep.equal([10, 12, 12 + after, 20, 22, 22 + after]);
    expect(of.waiting).to.deep.equal([4, 4, null, 5, 5, null]);
    expect(curvesOf([counts(-10, 4, 1)], from, to).of.waiting).to.deep.equal([null]);
  });

  it("have at each time the counts that held, in the order of time", () => {
    const past = fc
      .uniqueArray(fc.tuple(fc.integer({ min: -60, max: 59 }), fc.nat(3), fc.nat(3)), { selector: ([at]) => at })
      .map((all) => all.sort(([one], [other]) => one - other).map((each) => counts(...each)));
    fc.assert(
      fc.property(past, fc.integer({ min: 0, max: 3_599 }), (known, second) => {
        const { times, of } = curvesOf(known, from, to);
        expect(times).to.deep.equal([...new Set(times)].sort((one, other) => one - other));
        expect(times.every((time) => time >= from && time <= to)).to.equal(true);
        const at = start + second * 1_000 + 1;
        const held = known.findLast((each) => Date.parse(each.at) <= at);
        const isLost = held && held.waiting > 0 && at - Date.parse(held.at) >= 2 * minute;
        const shown = of.waiting[times.findLastIndex((time) => time <= at)] ?? undefined;
        expect(shown).to.equal(isLost ? undefined : held?.waiting);
      }),
    );
  });

  it("come with the changes of capacity within the time, newest first", () => {
    const known = [counts(-9, 0, 1, "backlog"), counts(1, 3, 2, "backlog"), counts(2, 3, 2), counts(9, 0, 1, "idle")];
    expect(changesIn(known, from)).to.deep.equal([
      { at: known[3]!.at, before: 2, after: 1, reason: "idle" },
      { at: known[1]!.at, before: 1, after: 2, reason: "backlog" },
    ]);
    expect(changesIn([known[1]!], from)[0]).to.include({ before: undefined, after: 2 });
  });
});
