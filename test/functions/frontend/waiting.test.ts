import { expect } from "chai";
import fc from "fast-check";
import { decodeCounts, encodeCounts, type FleetCounts } from "../../../contract/fleet/counts";
import type { FleetState } from "../../../contract/fleet/state";
import { listKeyOf } from "../../../contract/records/listKey";
import type { JobRecord } from "../../../contract/records/record";
import { waitingOf } from "../../../functions/frontend/waiting";
import { FakeFrontend } from "../support/fakeFrontend";

const now = Date.parse("2026-11-02T10:00:00.000Z");
const at = (seconds: number) => new Date(now + seconds * 1_000).toISOString();
const record = (fields: Partial<JobRecord> = {}): JobRecord => ({
  ...{ id: "a", type: "word-count", state: "queued", attempts: 0, submittedAt: at(-90) },
  listKey: listKeyOf("word-count", "a"),
  ...fields,
});
const problem = { launchProblem: "3 launches failed in a row; the last: InvalidAMI" };

interface Counted {
  visible?: number;
  inFlight?: number;
  delayed?: number;
  inService?: number;
  pending?: number;
  desired?: number;
  slots?: number;
  busy?: number;
}

/** A fleet that was counted so many seconds ago. */
function counted(fields: Counted, secondsAgo = 10): FleetState {
  const {
    visible = 0,
    inFlight = 0,
    delayed = 0,
    inService = 0,
    pending = 0,
    desired = 0,
    slots = 0,
    busy = 0,
  } = fields;
  const counts: FleetCounts = [visible, inFlight, delayed, inService, 0, pending, desired, 10, slots, busy];
  return { counts: encodeCounts(counts), countsAt: now - secondsAgo * 1_000 };
}

describe("why a job waits", () => {
  it("is undefined for a job that doesn't wait", () => {
    for (const state of ["running", "succeeded", "failed", "cancelled"] as const) {
      expect(waitingOf(record({ state, notBefore: at(9) }), problem, now)).to.equal(undefined);
    }
  });

  it("is told of one that reads as running, once its worker has not kept its lease", async () => {
    const running = record({
      state: "running",
      attempts: 2,
      submittedAt: at(-900),
      startedAt: at(-300),
      leaseUntil: now + 1,
    });
    const lost = { ...running, leaseUntil: now - 200_000 };
    const cases: [FleetState | undefined, object][] = [
      [problem, { reason: "no-workers", detail: problem.launchProblem }],
      [counted({ desired: 1, pending: 1 }), { reason: "starting", asOf: at(-10) }],
      [counted({ inService: 1, slots: 2, busy: 2 }), { reason: "behind", asOf: at(-10) }],
      [undefined, { reason: "unknown", since: at(-200) }],
      // Counted before the lease ended.
      [counted({ desired: 1, pending: 1 }, 210), { reason: "unknown", since: at(-200) }],
      // Not unpublished: to submit it again would publish nothing.
      [counted({}), { reason: "unknown", since: at(-200) }],
    ];
    for (const [fleet, expected] of cases) {
      expect(waitingOf(running, fleet, now)).to.equal(undefined);
      expect(waitingOf(lost, fleet, now), JSON.stringify(fleet)).to.include(expected);
    }
    expect(waitingOf(lost, undefined, now)!.detail).to.equal(
      "The worker of attempt 2 has not kept its lease, and no other has taken the job yet; its type has not been counted yet",
    );

    const countedAgain: string[][] = [];
    const frontend = new FakeFrontend({
      readFleets: () => Promise.resolve({ "word-count": problem }),
      countTypes: (types) => Promise.resolve(void countedAgain.push(types)),
    });
    frontend.put(lost);
    const { json } = await frontend.request("GET", "/jobs/a");
    expect(json).to.deep.include({ state: "running" });
    expect((json as { waiting: object }).waiting).to.include({ reason: "no-workers" });
    const { jobs } = (await frontend.request("GET", "/jobs")).json as { jobs: { waiting: object }[] };
    expect(jobs[0]!.waiting).to.include({ reason: "no-workers" });
    expect(countedAgain).to.deep.equal([["word-count"], ["word-count"]]);
  });

  it("is its time, before anything else", () => {
    const waiting = waitingOf(record({ notBefore: at(600), retryAt: at(5) }), problem, now);
    expect(waiting).to.include({ reason: "delayed", until: at(600), asOf: at(0) });
  });

  it("is that no worker of its type starts, with the time of the next try, as of when that was seen", () => {
    const failing = { ...problem, ...counted({ desired: 1 }), retryAt: now + 60_000 };
    expect(waitingOf(record({ attempts: 1, retryAt: at(5) }), failing, now)).to.deep.equal({
      reason: "no-workers",
      detail: problem.launchProblem,
      until: at(60),
      asOf: at(-10),
    });
    const trying = waitingOf(record(), { ...problem, retryAt: now - 9_000, triedAt: now - 8_000 }, now);
    expect(trying).to.include({ reason: "no-workers" }).and.not.have.property("until");
    expect(trying!.detail).to.equal(`${problem.launchProblem}; another launch is tried since ${at(-8)}`);
  });

  it("is not a launch that failed while others are in service", () => {
    expect(waitingOf(record(), { ...problem, ...counted({ inService: 1 }) }, now)).to.include({ reason: "unknown" });
  });

  it("is the last attempt's failure until the next is due", () => {
    const error = { name: "TypeError", message: "no" };
    const failed = record({ attempts: 2, error, retryAt: at(20) });
    const waiting = { reason: "backoff", detail: "Attempt 2 failed: TypeError: no", until: at(20), asOf: at(0) };
    expect(waitingOf(failed, { secondsPerJob: 1 }, now)).to.deep.equal(waiting);
    expect(waitingOf({ ...failed, retryAt: at(0) }, undefined, now)).to.include({ reason: "unknown" });
  });

  it("is unknown where nothing is known, and says since when it could have begun", () => {
    expect(waitingOf(record(), undefined, now)).to.include({ reason: "unknown", since: at(-90) });
    const retried = record({ retriedAt: at(-5) });
    expect(waitingOf(retried, undefined, now)).to.include({ reason: "unknown", since: at(-5) });
  });

  it("is that instances are starting, none being in service", () => {
    const fleet = { ...counted({ visible: 1, pending: 1, desired: 2 }), startingSince: now - 40_000 };
    expect(waitingOf(record(), fleet, now)).to.deep.equal({
      reason: "starting",
      detail: "No instance is in service; 1 of 2 are starting",
      since: at(-40),
      asOf: at(-10),
    });
    expect(waitingOf(record(), counted({ pending: 1, desired: 2, inService: 1 }), now)).to.include({
      reason: "unknown",
    });
    expect(waitingOf(record(), counted({ visible: 1 }), now)).to.include({ reason: "unknown" });
  });

  it("is that all slots are busy, with when it starts only where the jobs' duration is known", () => {
    const full = { visible: 500, inFlight: 4, inService: 2, desired: 2, slots: 4, busy: 4 };
    const fleet = { ...counted(full), backlogSince: now - 300_000 };
    const expected = {
      reason: "behind",
      detail: "All slots are busy: 4, of 2 instances",
      since: at(-300),
      ahead: 500,
      asOf: at(-10),
    };
    expect(waitingOf(record(), fleet, now)).to.deep.equal(expected);
    const learned = waitingOf(record(), { ...fleet, secondsPerJob: 8 }, now);
    expect(learned).to.deep.equal({ ...expected, estimatedStartAt: at(990) });
    // It should have started by now, and hasn't.
    const late = waitingOf(record(), { ...fleet, secondsPerJob: 0.08 }, now);
    expect(late).to.deep.equal(expected);
    expect(waitingOf(record(), counted({ ...full, busy: 3 }), now)).to.include({ reason: "unknown" });
  });

  it("is that it may bring its worker down, while others run", () => {
    const fleet = counted({ inFlight: 2, inService: 1, desired: 1, slots: 4, busy: 1 });
    const waiting = waitingOf(record({ attempts: 1, suspect: true }), fleet, now);
    expect(waiting).to.include({ reason: "behind", since: at(-90) });
    expect(waiting!.detail).to.include("without other jobs");
  });

  it("is that it was never published, once SQS's counts would show it", () => {
    const lost = record({ submittedAt: at(-121) });
    const waiting = waitingOf(lost, counted({}), now);
    expect(waiting).to.include({ reason: "unpublished", since: at(-121), asOf: at(-10) });
    expect(waiting!.detail).to.include("submit it again with this id");
    for (const seen of [{ visible: 1 }, { inFlight: 1 }, { delayed: 1 }]) {
      expect(waitingOf(lost, counted(seen), now)).to.include({ reason: "unknown" });
    }
    for (const [age, countedAgo] of [
      [120, 10],
      [130, 70],
      [400, 121],
    ] as const) {
      const old = record({ submittedAt: at(-age) });
      expect(waitingOf(old, counted({}, countedAgo), now), `${age} ${countedAgo}`).to.include({ reason: "unknown" });
    }
  });

  it("is not told from counts before its last change, nor from old ones: it says when they were made", () => {
    const full = counted({ visible: 1, inService: 1, desired: 1, slots: 1, busy: 1 });
    const changes: Partial<JobRecord>[] = [
      ...[{ submittedAt: at(-5) }, { retriedAt: at(-5) }, { notBefore: at(-5) }, { attempts: 1, retryAt: at(-5) }],
      { attemptLog: [{ attempt: 1, worker: "i", startedAt: at(-9), endedAt: at(-5), outcome: "given-back" }] },
    ];
    for (const change of changes) {
      const { reason, detail } = waitingOf(record(change), full, now)!;
      expect({ reason, detail }).to.deep.equal({
        reason: "unknown",
        detail: `It waits for a worker; attempts so far: ${change.attempts ?? 0}; its type was last counted at ${at(-10)}`,
      });
    }
    const old = waitingOf(record({ submittedAt: at(-900) }), { ...full, countsAt: now - 120_001 }, now);
    expect(old).to.include({ reason: "unknown" });
    expect(old!.detail).to.include("last counted at 2026-11-02T09:57:59.999Z");
  });

  it("has the scaler count again where a job waits for long, and the counts are old", async () => {
    const asked: unknown[] = [];
    const countTypes = (types: string[]) => Promise.resolve(void asked.push(types));
    const look = async (job: JobRecord, fleet?: FleetState, count = countTypes) => {
      asked.length = 0;
      const readFleets = () => Promise.resolve(fleet ? { [job.type]: fleet } : {});
      const frontend = new FakeFrontend({ countTypes: count, readFleets });
      frontend.put(job);
      for (const path of ["/jobs/a", "/jobs"]) {
        expect((await frontend.request("GET", path)).status).to.equal(200);
      }
      return { asked: [...asked], lines: frontend.lines };
    };
    const old = record({ submittedAt: at(-91) });
    const both = [["word-count"], ["word-count"]];
    expect((await look(old)).asked).to.deep.equal(both);
    expect((await look(old, counted({}, 91))).asked).to.deep.equal(both);
    expect((await look(old, counted({}, 90))).asked).to.deep.equal([]);
    for (const job of [record({ submittedAt: at(-90) }), { ...old, notBefore: at(9) }, { ...old, retryAt: at(9) }]) {
      expect((await look(job)).asked).to.deep.equal([]);
    }
    expect((await look({ ...old, state: "succeeded" })).asked).to.deep.equal([]);
    const { lines } = await look(old, undefined, () => Promise.reject(new Error("throttled")));
    expect(lines.map(({ event }) => event)).to.deep.equal(["scaler-not-nudged", "scaler-not-nudged"]);
  });

  it("is always given for a job that no worker has, never for another, and agrees with the data that it is derived from", () => {
    const time = fc.option(
      fc.integer({ min: -200, max: 200 }).map((seconds) => now + seconds * 1_000),
      { nil: undefined },
    );
    const text = time.map((each) => (each === undefined ? undefined : new Date(each).toISOString()));
    const fleets = fc.record(
      {
        ...{ launchProblem: fc.string(), countsAt: time, retryAt: time, triedAt: time },
        counts: fc.nat(2).map((inService) => counted({ inService }).counts!),
      },
      { requiredKeys: [] },
    ) as fc.Arbitrary<FleetState>;
    const fields = fc.record({
      state: fc.constantFrom("queued" as const, "running" as const, "failed" as const),
      ...{ attempts: fc.nat(3), notBefore: text, retryAt: text, cancelRequestedAt: text, leaseUntil: time },
    });
    fc.assert(
      fc.property(fields, fc.option(fleets, { nil: undefined }), (seen, fleet) => {
        const waiting = waitingOf(record(seen), fleet, now);
        const { state, leaseUntil = Infinity } = seen;
        expect(waiting !== undefined).to.equal(state === "queued" || (state === "running" && leaseUntil <= now));
        if (!waiting) return;
        const isDelayed = seen.notBefore !== undefined && Date.parse(seen.notBefore) > now;
        const hasNoWorkers = fleet?.launchProblem !== undefined && !decodeCounts(fleet.counts)?.[3];
        const isBackingOff = seen.retryAt !== undefined && Date.parse(seen.retryAt) > now;
        const expected = isDelayed ? "delayed" : hasNoWorkers ? "no-workers" : isBackingOff ? "backoff" : "unknown";
        expect(waiting.reason).to.equal(expected);
        if (waiting.until !== undefined) expect(Date.parse(waiting.until)).to.be.above(now);
      }),
    );
  });
});
