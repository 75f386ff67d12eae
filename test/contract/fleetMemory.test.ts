import { expect } from "chai";
import * as fc from "fast-check";
import { leftOfRecent } from "../../contract/fleet";
import {
  decodeFleetMemory,
  emptyFleetMemory,
  encodeFleetMemory,
  FleetMemory,
  FleetNeed,
  firstKeepSeconds,
  keptInstances,
  rememberNeed,
} from "../../contract/fleetMemory";

const maxKeepSeconds = 3_600;
const quiet = { needed: 0, desired: 0, slots: 2, recentJobs: 0, maxKeepSeconds };

const histories: fc.Arbitrary<FleetNeed[]> = fc
  .tuple(
    fc.array(
      fc.record({
        seconds: fc.integer({ min: 1, max: 1_000 }),
        needed: fc.oneof(fc.constant(0), fc.nat(100)),
        desired: fc.nat(100),
        recentJobs: fc.oneof(fc.constant(0), fc.nat(1_000)),
      }),
      { minLength: 1, maxLength: 60 },
    ),
    fc.integer({ min: 1, max: 7_200 }),
  )
  .map(([steps, maxKeepSeconds]) => {
    let at = 0;
    return steps.map(({ seconds, ...need }) => ({ ...need, at: (at += seconds), slots: 2, maxKeepSeconds }));
  });

function rememberAll(needs: FleetNeed[]): FleetMemory {
  return needs.reduce(rememberNeed, emptyFleetMemory(0));
}

/** A burst each so many seconds, of a fleet that ends what isn't kept; its memory after each. */
function bursts(everySeconds: number, count: number): FleetMemory[] {
  let memory = emptyFleetMemory(0);
  return Array.from({ length: count }, (_, burst) => {
    const at = burst * everySeconds;
    memory = rememberNeed(memory, { ...quiet, at, needed: 10, desired: keptInstances(memory, at), recentJobs: 20 });
    return memory;
  });
}

describe("rememberNeed", () => {
  it("keeps the time within its bounds, and as many peaks as there are levels at most", () => {
    fc.assert(
      fc.property(histories, (needs) => {
        const { maxKeepSeconds: most } = needs[0]!;
        const { keepSeconds, peaks } = rememberAll(needs);
        expect(keepSeconds).to.be.within(Math.min(firstKeepSeconds, most), Math.max(firstKeepSeconds, most));
        if (peaks.length > 0) expect(keepSeconds).to.be.at.most(most);
        expect(peaks.length).to.be.at.most(100);
      }),
    );
  });

  it("keeps what is needed now, and never more than was needed within the longest that it may keep", () => {
    fc.assert(
      fc.property(histories, (needs) => {
        const now = needs.at(-1)!.at;
        const kept = keptInstances(rememberAll(needs), now);
        const most = (seconds: number) =>
          Math.max(0, ...needs.filter(({ at }) => now - at <= seconds).map(({ needed }) => needed));
        expect(kept).to.be.at.most(most(needs[0]!.maxKeepSeconds));
        expect(kept).to.be.at.least(most(0));
      }),
    );
  });

  it("renews a peak however often it was looked at in between", () => {
    for (const [maxKeepSeconds, second, third] of [
      [25, 23, 27],
      [55, 48, 57],
    ] as const) {
      const memory = rememberAll([
        { needed: 1, desired: 0, recentJobs: 0, at: 1, slots: 2, maxKeepSeconds },
        { needed: 0, desired: 0, recentJobs: 1, at: second, slots: 2, maxKeepSeconds },
        { needed: 1, desired: 1, recentJobs: 0, at: third, slots: 2, maxKeepSeconds },
      ]);
      expect(keptInstances(memory, third)).to.equal(1);
    }
  });

  it("loses nothing by looks that it leaves out: time passes by itself", () => {
    fc.assert(
      fc.property(histories, fc.integer({ min: 2, max: 60 }), (needs, looks) => {
        const memory = rememberAll(needs);
        const { at, recentJobs, maxKeepSeconds: most } = needs.at(-1)!;
        // A look that was left out itself may still have jobs to tell.
        fc.pre(memory.at === at);
        const isKept = (seen: FleetMemory) =>
          Array.from({ length: looks }, (_, look) => keptInstances(seen, at + look * 60));
        const later = Array.from({ length: looks }, (_, look) => ({
          ...quiet,
          at: at + (look + 1) * 60,
          recentJobs: recentJobs * leftOfRecent((look + 1) * 60),
          maxKeepSeconds: most,
        }));
        const seen = later.reduce(rememberNeed, memory);
        expect(seen).to.equal(memory);
        expect(isKept(seen)).to.deep.equal(isKept(memory));
      }),
    );
  });

  it("is as good after its way through the fleet item", () => {
    fc.assert(
      fc.property(histories, (needs) => {
        const memory = rememberAll(needs);
        const read = decodeFleetMemory(encodeFleetMemory(memory))!;
        expect(read.peaks).to.deep.equal(memory.peaks);
        expect(read.keepSeconds).to.be.closeTo(memory.keepSeconds, 0.01);
        expect(encodeFleetMemory(read)).to.equal(encodeFleetMemory(memory));
      }),
    );
    for (const text of [
      undefined,
      "",
      "{",
      "[]",
      "{}",
      '{"peaks":[]}',
      encodeFleetMemory({ ...emptyFleetMemory(0), peaks: [[1] as never] }),
    ]) {
      expect(decodeFleetMemory(text)).to.equal(undefined);
    }
  });

  it("never keeps more as time passes", () => {
    fc.assert(
      fc.property(histories, fc.nat(5_000), (needs, later) => {
        const memory = rememberAll(needs);
        const now = needs.at(-1)!.at + later;
        expect(keptInstances(memory, now)).to.be.at.most(keptInstances(memory, needs.at(-1)!.at));
      }),
    );
  });

  it("keeps a fleet over the gap once it was missing after that gap", () => {
    const [first, second, third] = bursts(420, 3);
    expect(first!.keepSeconds).to.equal(firstKeepSeconds);
    expect(keptInstances(first!, 419)).to.equal(0);
    expect(second!.keepSeconds).to.be.at.least(420);
    expect(keptInstances(second!, 2 * 420)).to.equal(10);
    expect(third!.keepSeconds).to.be.at.least(420);
  });

  it("doesn't keep a fleet for what comes once in more than an hour", () => {
    for (const { keepSeconds } of bursts(maxKeepSeconds + 1, 5)) expect(keepSeconds).to.equal(firstKeepSeconds);
  });

  it("forgets after an hour without need", () => {
    const memory = bursts(420, 5).at(-1)!;
    const later = memory.at + maxKeepSeconds + 1;
    expect(keptInstances(memory, later)).to.equal(0);
    const again = rememberNeed(memory, { ...quiet, at: later, needed: 10 });
    expect(again).to.deep.include({ keepSeconds: firstKeepSeconds, peaks: [[later, 10]], lateJobs: 0 });
  });

  it("keeps no longer than it may, from the next look on", () => {
    const long = bursts(420, 5).at(-1)!;
    const bounded = rememberNeed(long, { ...quiet, at: long.at + 60, maxKeepSeconds: 90 });
    expect(bounded.keepSeconds).to.equal(90);
    expect(keptInstances(bounded, long.at + 90)).to.equal(10);
    expect(keptInstances(bounded, long.at + 91)).to.equal(0);
    const short = rememberNeed(emptyFleetMemory(0), { ...quiet, at: 0, needed: 10, maxKeepSeconds: 5 });
    expect([keptInstances(short, 5), keptInstances(short, 6)]).to.deep.equal([10, 0]);
  });

  it("keeps ever shorter while no job is late", () => {
    let memory: FleetMemory = { ...bursts(420, 2).at(-1)!, lateJobs: 0, jobs: 500 };
    const { at, keepSeconds } = memory;
    for (let minute = 1; minute <= 30; minute++) {
      memory = rememberNeed(memory, { ...quiet, at: at + minute * 60, needed: 10, desired: 10, recentJobs: 50 });
    }
    expect(memory.keepSeconds).to.be.below(keepSeconds / 2);
  });

  it("doesn't keep longer for one late launch in a hundred jobs' worth", () => {
    const busy: FleetMemory = { ...emptyFleetMemory(0), peaks: [[0, 10]], jobs: 1_000 };
    const memory = rememberNeed(busy, { ...quiet, at: 60, needed: 11, desired: 10 });
    expect(memory.lateJobs).to.equal(2);
    expect(memory.keepSeconds).to.be.at.most(60);
  });

  it("counts the jobs that ended, within a tenth, from reports of half a minute and looks of a minute", () => {
    let memory = emptyFleetMemory(0);
    let recentJobs = 0;
    let reported = 0;
    // One each two seconds for a while, each fading from its end on.
    for (let at = 1; at <= 1_200; at++) {
      recentJobs = recentJobs * leftOfRecent(1) + (at % 2);
      reported *= leftOfRecent(1);
      if (at % 30 === 0) reported = recentJobs;
      if (at % 60 !== 15) continue;
      memory = rememberNeed(memory, { ...quiet, at, needed: 1, desired: 1, recentJobs: reported });
    }
    expect(memory.jobs).to.be.within(0.9 * 600, 1.1 * 600);
  });

  it("leaves out a look seconds after another, unless it shows more than is known", () => {
    const first = rememberNeed(emptyFleetMemory(0), { ...quiet, at: 0, needed: 5, desired: 5 });
    const again = { ...quiet, at: 9, needed: 5, desired: 5 };
    expect(rememberNeed(first, again)).to.equal(first);
    expect(rememberNeed(first, { ...again, at: 10 })).not.to.equal(first);
    expect(rememberNeed(first, { ...again, needed: 6, desired: 6 }).peaks).to.deep.equal([[9, 6]]);
    expect(rememberNeed(first, { ...again, desired: 4 }).lateJobs).to.equal(2);
  });
});
