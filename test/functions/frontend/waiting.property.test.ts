import { expect } from "chai";
import fc from "fast-check";
import type { WaitingReason } from "../../../contract/records/waiting";
import { readySince, waitingOf } from "../../../functions/frontend/waiting";
import { anyConditions, type Conditions, SimulatedFleet, stepSeconds, type Truth } from "../support/simulatedFleet";

/** The reason that the truth about the fleet gives. */
function reasonOf({ inService, desired, isFull, messages }: Truth, { launchesFail }: Conditions): WaitingReason {
  if (launchesFail) return "no-workers";
  if (inService === 0 && desired > 0) return "starting";
  return isFull ? "behind" : messages === 0 ? "unpublished" : "unknown";
}

type Job = SimulatedFleet["jobs"][number];

describe("why a job waits, in a fleet whose truth is known,", () => {
  /** The reason must be true as of the time that it says. */
  function expectTrue(fleet: SimulatedFleet, { kind, record }: Job, given: Conditions): WaitingReason {
    const { reason, asOf, until } = waitingOf(record, fleet.state, fleet.now)!;
    const seenAt = Date.parse(asOf);
    const truth = fleet.truths.get(seenAt)!;
    const now = new Date(fleet.now).toISOString();
    const about = `${reason} of a ${kind} job at ${fleet.seconds} s: ${JSON.stringify({ record, truth, state: fleet.state })}`;
    if (reason === "delayed") expect(record.notBefore! > now && until === record.notBefore, about).to.equal(true);
    if (reason === "backoff") expect(record.retryAt! > now, about).to.equal(true);
    if (reason === "no-workers") expect(given.launchesFail && truth.inService === 0, about).to.equal(true);
    if (reason === "starting") expect(truth.inService === 0 && truth.desired > 0, about).to.equal(true);
    // Workers report each half minute.
    const times = [...fleet.truths.keys()].filter((time) => time <= seenAt && time > seenAt - 90_000);
    if (reason === "behind")
      expect(
        times.some((time) => fleet.truths.get(time)!.isFull),
        about,
      ).to.equal(true);
    if (reason === "unpublished") expect(kind, about).to.equal("unpublished");
    if (["starting", "behind", "unpublished"].includes(reason)) {
      expect(seenAt, about).to.be.within(Math.max(readySince(record) + 1, fleet.now - 120_000), fleet.now);
    }
    return reason;
  }

  it("is true, and is told of each that waits for long, as soon as the cause has lasted", async () => {
    const told: Partial<Record<WaitingReason, number>> = {};
    await fc.assert(
      fc.asyncProperty(anyConditions, async (given) => {
        const fleet = new SimulatedFleet(given);
        // Since when the truth gives this reason, with a scaler that runs.
        let lasting: { reason?: WaitingReason; since: number } = { since: 0 };
        while (fleet.seconds < 1_800) {
          await fleet.step();
          const present = fleet.isScalerOut ? undefined : reasonOf(fleet.truths.get(fleet.now)!, given);
          if (present !== lasting.reason) lasting = { reason: present, since: fleet.now };
          const waiting = fleet.jobs.filter(({ record }) => record.state === "queued");
          for (const job of waiting) {
            const reason = expectTrue(fleet, job, given);
            told[reason] = (told[reason] ?? 0) + 1;
            const ready = readySince(job.record);
            const isOwed = fleet.now - Math.max(ready, lasting.since) > 200_000 && lasting.reason !== undefined;
            if (isOwed && ready < fleet.now) expect(reason, JSON.stringify(lasting)).to.equal(lasting.reason);
          }
          // As the front end does for whoever looks.
          const overdue = fleet.now - 90_000;
          if (waiting.some(({ record }) => readySince(record) < overdue) && (fleet.state.countsAt ?? 0) < overdue) {
            await fleet.scale({ sent: { a: 0 } });
          }
        }
      }),
      { numRuns: 40 },
    );
    for (const reason of ["delayed", "no-workers", "backoff", "starting", "behind", "unpublished"] as const) {
      expect(told[reason], reason).to.be.above(stepSeconds);
    }
  });
});
