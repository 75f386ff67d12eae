import { expect } from "chai";
import * as fc from "fast-check";
import { type CapacityInput, neededInstances } from "../../../contract/fleet/capacity";

const inputs: fc.Arbitrary<CapacityInput> = fc
  .record({
    visible: fc.nat(1_000_000),
    inFlight: fc.nat(120_000),
    sent: fc.option(fc.nat(10_000), { nil: undefined }),
    instances: fc.nat(300),
    slots: fc.integer({ min: 1, max: 64 }),
    prefetch: fc.nat(100),
    secondsPerJob: fc.double({ min: 0, max: 42_600, noNaN: true }),
    targetLatencySeconds: fc.double({ min: 1, max: 86_400, noNaN: true }),
    minInstances: fc.nat(20),
    room: fc.nat(300),
  })
  .map(({ room, ...input }) => ({ ...input, maxInstances: Math.max(1, input.minInstances + room) }));

const usual: CapacityInput = {
  visible: 0,
  inFlight: 0,
  instances: 0,
  slots: 2,
  secondsPerJob: 30,
  targetLatencySeconds: 60,
  minInstances: 0,
  maxInstances: 10,
};

describe("neededInstances", () => {
  it("stays within the bounds", () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const needed = neededInstances(input);
        expect(needed).to.be.at.least(input.minInstances);
        expect(needed).to.be.at.most(input.maxInstances);
        expect(Number.isInteger(needed)).to.equal(true);
      }),
    );
  });

  it("grows with the backlog, or stays", () => {
    fc.assert(
      fc.property(inputs, fc.nat(10_000), fc.nat(10_000), (input, visible, inFlight) => {
        const more = { ...input, visible: input.visible + visible, inFlight: input.inFlight + inFlight };
        expect(neededInstances(more)).to.be.at.least(neededInstances(input));
      }),
    );
  });

  it("is at least 1 while there is something to do, and the minimum where there is nothing", () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const hasWork = input.visible > 0 || (input.sent ?? 0) > 0;
        if (hasWork) expect(neededInstances(input)).to.be.at.least(1);
        expect(neededInstances({ ...input, visible: 0, inFlight: 0, sent: 0 })).to.equal(input.minInstances);
      }),
    );
  });

  it("never wants more instances than have a job each slot of theirs could run", () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const backlog = Math.max(input.visible + input.inFlight, input.sent ?? 0);
        const bound = Math.max(input.minInstances, Math.ceil(backlog / input.slots));
        expect(neededInstances(input)).to.be.at.most(bound);
      }),
    );
  });

  it("wants one instance for one job, however long it takes", () => {
    expect(neededInstances({ ...usual, visible: 1, secondsPerJob: 3_600 })).to.equal(1);
    expect(neededInstances({ ...usual, inFlight: 1, instances: 1, secondsPerJob: 3_600 })).to.equal(1);
  });

  it("wants enough instances for the last job to start in time", () => {
    // Three rounds of 30 s on four slots: the last one starts after a minute.
    expect(neededInstances({ ...usual, visible: 12 })).to.equal(2);
    expect(neededInstances({ ...usual, visible: 13 })).to.equal(3);
    expect(neededInstances({ ...usual, visible: 8, inFlight: 4, instances: 2 })).to.equal(2);
  });

  it("launches one more only where the others would keep the last job waiting for longer than the target", () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const { slots, secondsPerJob, targetLatencySeconds } = input;
        const unbounded = { ...input, instances: 0, inFlight: 0, minInstances: 0, maxInstances: 1e9 };
        const backlog = Math.max(input.visible, input.sent ?? 0);
        const needed = neededInstances(unbounded);
        const waitSeconds = (instances: number) =>
          (Math.max(0, backlog - slots * instances) * secondsPerJob) / (slots * instances);
        if (needed > 0) expect(waitSeconds(needed)).to.be.at.most(targetLatencySeconds * (1 + 1e-9));
        if (needed > 1) expect(waitSeconds(needed - 1)).to.be.above(targetLatencySeconds * (1 - 1e-9));
      }),
    );
  });

  it("doesn't count jobs in backoff: what is in flight beyond the instances' slots", () => {
    expect(neededInstances({ ...usual, inFlight: 50 })).to.equal(0);
    expect(neededInstances({ ...usual, inFlight: 50, instances: 1 })).to.equal(1);
    expect(neededInstances({ ...usual, inFlight: 50, instances: 1, prefetch: 6 })).to.equal(2);
  });

  it("counts jobs just sent before SQS does, and doesn't count them twice", () => {
    expect(neededInstances({ ...usual, sent: 1 })).to.equal(1);
    expect(neededInstances({ ...usual, visible: 12, sent: 12 })).to.equal(2);
  });
});
