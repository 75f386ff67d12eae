import { expect } from "chai";
import fc from "fast-check";
import type { PastCounts } from "../../../contract/http/answers";
import { historyView } from "../../../functions/operator/historyView";
import { anyConditions, SimulatedFleet } from "../support/simulatedFleet";

describe("a type's history, of a fleet whose truth is known,", () => {
  const told = new Map<PastCounts["reason"], number>();

  /** The counts that held in each minute in which the scaler ran are those that it saw. */
  function expectSame(fleet: SimulatedFleet, history: PastCounts[]): void {
    for (const [at, truth] of fleet.seen) {
      const held = history.findLast((each) => Date.parse(each.at) <= at);
      // A type that was never counted had no jobs.
      const { waiting, running, inService, desired } = held ?? { waiting: 0, running: 0, inService: 0, desired: 0 };
      const shown = { inService, desired, messages: waiting + running };
      const about = `${new Date(at).toISOString()} of ${JSON.stringify(history)}`;
      expect(shown, about).to.deep.equal({
        ...{ inService: truth.inService, desired: truth.desired, messages: truth.messages - truth.delayed },
      });
      if (held) expect(held.desired - held.inService, about).to.be.at.least(held.pending);
      // As a reader takes it: while there are jobs, counts come each minute.
      if (truth.messages > truth.delayed) expect(Date.parse(held!.at), about).to.equal(at);
    }
  }

  /** The reason of each change is that of a change which went the same way, between the two counts. */
  function expectReasons(fleet: SimulatedFleet, history: PastCounts[]): void {
    for (const [index, { at, desired, reason }] of history.entries()) {
      const before = history[index - 1];
      const [from, to] = [Date.parse(before?.at ?? new Date(0).toISOString()), Date.parse(at)];
      const changes = fleet.changes.filter((change) => change.at >= from && change.at <= to);
      const difference = desired - (before?.desired ?? 0);
      const about = JSON.stringify({ at, reason, difference, changes });
      told.set(reason, (told.get(reason) ?? 0) + 1);
      if (difference === 0) expect(reason, about).to.equal(undefined);
      if (difference > 0) expect(reason, about).to.equal("backlog");
      if (difference < 0) expect(reason, about).to.be.oneOf(["idle", "launches fail"]);
      const isScalers = reason === "backlog" || reason === "launches fail";
      const causes = changes.filter((change) => change.by === (isScalers ? "scaler" : "worker"));
      if (reason)
        expect(
          causes.some((cause) => cause.difference * difference > 0),
          about,
        ).to.equal(true);
    }
  }

  it("says for each minute what the scaler saw, and why the capacity changed", async () => {
    await fc.assert(
      fc.asyncProperty(anyConditions, async (given) => {
        const fleet = new SimulatedFleet(given);
        while (fleet.seconds < 1_800) await fleet.step();
        const history = historyView(fleet.past, "");
        expectSame(fleet, history);
        expectReasons(fleet, history);
      }),
      { numRuns: 40 },
    );
    for (const reason of [undefined, "backlog", "idle", "launches fail"] as const) {
      expect(told.get(reason), reason).to.be.above(5);
    }
  });
});
