import { expect } from "chai";
import fc from "fast-check";
import type { JobRecord } from "../../../contract/records/record";
import type { FleetLook } from "../../../functions/frontend/services/fleets";
import { waitingOf } from "../../../functions/frontend/waiting";

const now = Date.parse("2026-11-02T10:00:00.000Z");
const at = (seconds: number) => new Date(now + seconds * 1_000).toISOString();
const record = (fields: Partial<JobRecord> = {}): JobRecord => ({
  ...{ id: "a", type: "word-count", state: "queued", attempts: 0, submittedAt: at(-90) },
  ...fields,
});
const problem = { launchProblem: "3 launches failed in a row; the last: InvalidAMI", problemAt: now - 30_000 };

describe("why a job waits", () => {
  it("is nothing for one that doesn't", () => {
    for (const state of ["running", "succeeded", "failed", "cancelled"] as const) {
      expect(waitingOf(record({ state, notBefore: at(9) }), problem, now)).to.equal(undefined);
    }
  });

  it("is its time, before anything else", () => {
    const waiting = waitingOf(record({ notBefore: at(600), retryAt: at(5) }), problem, now);
    expect(waiting).to.include({ reason: "delayed", until: at(600), asOf: at(0) });
  });

  it("is that no worker of its type starts, with the time of the next try, as of when that was seen", () => {
    const failing = { ...problem, inService: 0, retryAt: now + 60_000 };
    expect(waitingOf(record({ attempts: 1, retryAt: at(5) }), failing, now)).to.deep.equal({
      reason: "no-workers",
      detail: problem.launchProblem,
      until: at(60),
      asOf: at(-30),
    });
    const trying = waitingOf(record(), { ...problem, retryAt: now - 9_000, triedAt: now - 8_000 }, now);
    expect(trying).to.include({ reason: "no-workers" }).and.not.have.property("until");
    expect(trying!.detail).to.equal(`${problem.launchProblem}; another launch is tried since ${at(-8)}`);
  });

  it("is not a launch that failed while others are in service", () => {
    expect(waitingOf(record(), { ...problem, inService: 1 }, now)).to.include({ reason: "unknown" });
  });

  it("is the last attempt's failure until the next is due", () => {
    const error = { name: "TypeError", message: "no" };
    const failed = record({ attempts: 2, error, retryAt: at(20) });
    const waiting = { reason: "backoff", detail: "Attempt 2 failed: TypeError: no", until: at(20), asOf: at(0) };
    expect(waitingOf(failed, { secondsPerJob: 1 } as FleetLook, now)).to.deep.equal(waiting);
    expect(waitingOf({ ...failed, retryAt: at(0) }, undefined, now)).to.include({ reason: "unknown" });
  });

  it("is unknown where nothing is known, and says since when it could have begun", () => {
    expect(waitingOf(record(), undefined, now)).to.include({ reason: "unknown", since: at(-90) });
    const retried = record({ retriedAt: at(-5) });
    expect(waitingOf(retried, undefined, now)).to.include({ reason: "unknown", since: at(-5) });
  });

  it("is always given for a queued job, never for another, and agrees with the data that it is derived from", () => {
    const time = fc.option(
      fc.integer({ min: -200, max: 200 }).map((seconds) => now + seconds * 1_000),
      { nil: undefined },
    );
    const text = time.map((each) => (each === undefined ? undefined : new Date(each).toISOString()));
    const fleets = fc.record(
      { launchProblem: fc.string(), problemAt: time, retryAt: time, triedAt: time, inService: fc.nat(2) },
      { requiredKeys: [] },
    ) as fc.Arbitrary<FleetLook>;
    const fields = fc.record({
      state: fc.constantFrom("queued" as const, "running" as const, "failed" as const),
      ...{ attempts: fc.nat(3), notBefore: text, retryAt: text, cancelRequestedAt: text },
    });
    fc.assert(
      fc.property(fields, fc.option(fleets, { nil: undefined }), (seen, fleet) => {
        const waiting = waitingOf(record(seen), fleet, now);
        expect(waiting !== undefined).to.equal(seen.state === "queued");
        if (!waiting) return;
        const isDelayed = seen.notBefore !== undefined && Date.parse(seen.notBefore) > now;
        const hasNoWorkers = fleet?.launchProblem !== undefined && !fleet.inService;
        const isBackingOff = seen.retryAt !== undefined && Date.parse(seen.retryAt) > now;
        const expected = isDelayed ? "delayed" : hasNoWorkers ? "no-workers" : isBackingOff ? "backoff" : "unknown";
        expect(waiting.reason).to.equal(expected);
        if (waiting.until !== undefined) expect(Date.parse(waiting.until)).to.be.above(now);
      }),
    );
  });
});
