import { expect } from "chai";
import * as fc from "fast-check";
import {
  emptyFleetMemory,
  FleetMemory,
  FleetNeed,
  keptInstances,
  maxKeepSeconds,
  minKeepSeconds,
  rememberNeed,
} from "../../contract/fleetMemory";

const quiet = { needed: 0, desired: 0, slots: 2, jobs: 0 };

const histories: fc.Arbitrary<FleetNeed[]> = fc
  .array(
    fc.record({
      seconds: fc.integer({ min: 1, max: 1_000 }),
      needed: fc.nat(100),
      desired: fc.nat(100),
      jobs: fc.nat(1_000),
    }),
    { minLength: 1, maxLength: 60 },
  )
  .map((steps) => {
    let at = 0;
    return steps.map(({ seconds, ...need }) => ({ ...need, at: (at += seconds), slots: 2 }));
  });

function rememberAll(needs: FleetNeed[]): FleetMemory {
  return needs.reduce(rememberNeed, emptyFleetMemory(0));
}

/** A burst each so many seconds, of a fleet that ends what isn't kept; its memory after each. */
function bursts(everySeconds: number, count: number): FleetMemory[] {
  let memory = emptyFleetMemory(0);
  return Array.from({ length: count }, (_, burst) => {
    const at = burst * everySeconds;
    memory = rememberNeed(memory, { at, needed: 10, desired: keptInstances(memory, at), slots: 2, jobs: 20 });
    return memory;
  });
}

describe("rememberNeed", () => {
  it("keeps the time within its bounds, and as many peaks as there are levels at most", () => {
    fc.assert(
      fc.property(histories, (needs) => {
        const { keepSeconds, peaks } = rememberAll(needs);
        expect(keepSeconds).to.be.within(minKeepSeconds, maxKeepSeconds);
        expect(peaks.length).to.be.at.most(100);
      }),
    );
  });

  it("knows the most that was needed within the time that it keeps", () => {
    fc.assert(
      fc.property(histories, (needs) => {
        const memory = rememberAll(needs);
        const now = needs.at(-1)!.at;
        const within = needs.filter(({ at }) => now - at <= memory.keepSeconds);
        expect(keptInstances(memory, now)).to.equal(Math.max(...within.map(({ needed }) => needed)));
      }),
    );
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
    expect(first!.keepSeconds).to.equal(minKeepSeconds);
    expect(keptInstances(first!, 419)).to.equal(0);
    expect(second!.keepSeconds).to.be.at.least(420);
    expect(keptInstances(second!, 2 * 420)).to.equal(10);
    expect(third!.keepSeconds).to.be.at.least(420);
  });

  it("doesn't keep a fleet for what comes once in more than an hour", () => {
    for (const { keepSeconds } of bursts(maxKeepSeconds + 1, 5)) expect(keepSeconds).to.equal(minKeepSeconds);
  });

  it("forgets after an hour without need", () => {
    const memory = bursts(420, 5).at(-1)!;
    const later = rememberNeed(memory, { ...quiet, at: memory.at + maxKeepSeconds + 1 });
    expect(later).to.deep.equal({ ...emptyFleetMemory(later.at) });
  });

  it("keeps ever shorter while no job is late", () => {
    let memory: FleetMemory = { ...bursts(420, 2).at(-1)!, lateJobs: 0, jobs: 500 };
    const { at, keepSeconds } = memory;
    for (let minute = 1; minute <= 30; minute++) {
      memory = rememberNeed(memory, { at: at + minute * 60, needed: 10, desired: 10, slots: 2, jobs: 50 });
    }
    expect(memory.keepSeconds).to.be.below(keepSeconds / 2);
  });

  it("doesn't keep longer for one late launch in a hundred jobs' worth", () => {
    const busy = { keepSeconds: 60, peaks: [{ at: 0, instances: 10 }], lateJobs: 0, jobs: 1_000, at: 0 };
    const memory = rememberNeed(busy, { at: 60, needed: 11, desired: 10, slots: 2, jobs: 0 });
    expect(memory.lateJobs).to.equal(2);
    expect(memory.keepSeconds).to.be.at.most(60);
  });
});
