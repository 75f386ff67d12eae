import { expect } from "chai";
import * as fc from "fast-check";
import { leastBilledSeconds } from "../../../bench/scaling/bound";
import { conditions } from "../../../bench/scaling/conditions";
import { ours, rules } from "../../../bench/scaling/rules/all";
import { simulate } from "../../../bench/scaling/simulate";
import { createTrace, seededTrace, type Trace } from "../../../bench/scaling/traces";

/** Up to a hundred jobs within an hour; short enough for a grace not to end them again and again. */
const smallTraces: fc.Arbitrary<Trace> = fc
  .array(fc.tuple(fc.nat(3_600), fc.integer({ min: 1, max: 400 })), { minLength: 1, maxLength: 100 })
  .map((jobs) => {
    const sorted = jobs.sort((a, b) => a[0] - b[0]);
    const arrivals = sorted.map(([arrival]) => arrival);
    return { name: "random", arrivals, durations: sorted.map(([, duration]) => duration), seconds: 3_600 };
  });

const phases = fc.integer({ min: 0, max: 49 }).map((step) => step / 50);

describe("simulate", () => {
  for (const rule of rules) {
    it(`does every job once, at no less than the least cost, under ${rule.name}`, () => {
      fc.assert(
        fc.property(smallTraces, phases, (trace, phase) => {
          const { finishes, instanceHours, waitP50, waitP95, waitP99 } = simulate(trace, rule, conditions, phase);
          expect([...finishes].every((times) => times === 1)).to.equal(true);
          expect(waitP50).to.be.within(0, waitP95);
          expect(waitP95).to.be.at.most(waitP99);
          expect(instanceHours * 3_600).to.be.at.least(leastBilledSeconds(trace, conditions, waitP95) - 1e-6);
        }),
        { numRuns: 60 },
      );
    });
  }

  it("never kills a busy worker of ours, and launches within 3 s of the first job", () => {
    fc.assert(
      fc.property(smallTraces, phases, (trace, phase) => {
        const { busyKills, firstLaunchSeconds } = simulate(trace, ours, conditions, phase);
        expect(busyKills).to.equal(0);
        expect(firstLaunchSeconds).to.be.within(0, 3);
      }),
      { numRuns: 60 },
    );
  });

  it("kills busy workers where the rule doesn't know who is busy", () => {
    const killers = rules.filter((rule) => simulate(createTrace("tail", 0), rule, conditions, 0).busyKills > 0);
    expect(killers.map(({ name }) => name)).to.deep.equal(["CDK's default steps", "KEDA, 30 s"]);
  });

  it("gives the same outcome for the same phase, and the same boot times to all rules", () => {
    const trace = seededTrace(3);
    expect(simulate(trace, ours, conditions, 0.3)).to.deep.equal(simulate(trace, ours, conditions, 0.3));
    const lonely = createTrace("lonely", 0);
    const waits = rules
      .filter(({ minInstances }) => minInstances === 0)
      .map((rule) => simulate(lonely, rule, conditions, 0.3))
      .map(({ waitP50, firstLaunchSeconds }) => (waitP50 - firstLaunchSeconds!).toFixed(6));
    expect(new Set(waits).size).to.equal(1);
  });

  it("bills the single job's boot, run and idle time, and nothing of the idle day before it", () => {
    const { instanceHours, waitP50 } = simulate(createTrace("lonely", 0), ours, conditions, 0);
    const boot = waitP50 - 1.2 - conditions.pendingSeconds;
    expect(instanceHours * 3_600).to.be.within(boot + 30 + 20, boot + 30 + 20 + 60 + conditions.shutdownSeconds);
  });
});
