import { expect } from "chai";
import { encodeCounts } from "../../../contract/fleet/counts";
import { type CapacityReason, encodePast } from "../../../contract/fleet/history";
import type { TypeHistory } from "../../../contract/http/answers";
import type { Past } from "../../../functions/operator/services/readPast";
import { FakeFrontend } from "../support/fakeFrontend";

/** Counts of a fleet at 10:00 of 2 November less the given minutes. */
function counted(minutesAgo: number, desired: number, said?: CapacityReason): Past[number] {
  const at = new Date(Date.parse("2026-11-02T10:00:00Z") - minutesAgo * 60_000).toISOString();
  return [at, encodePast(encodeCounts([7, 5, 2, 1, 1, 2, desired, 10, 3, 2]), said)];
}

describe("GET /types/{type}/history", () => {
  const asked: [string, number][] = [];
  const show = async (past: Past, minutes?: string) => {
    const readPast = (...about: [string, number]) => Promise.resolve((asked.push(about), past));
    const queryStringParameters = minutes === undefined ? {} : { minutes };
    const frontend = new FakeFrontend({ readPast });
    return frontend.request("GET", "/types/word-count/history", undefined, { queryStringParameters });
  };
  const reasons = async (past: Past) =>
    ((await show(past, "600")).json as TypeHistory).counts.map(({ reason }) => reason);

  it("has the counts of each minute since, and the last before, which held until then", async () => {
    const past = [counted(90, 4), counted(61, 3), counted(59, 4), counted(0, 4)];
    const { status, json } = await show(past);
    expect(status).to.equal(200);
    // Two of the five in flight have no slot.
    const same = { waiting: 9, running: 3, inService: 2, pending: 2 };
    expect(json).to.deep.equal({
      type: "word-count",
      counts: [
        { at: "2026-11-02T08:59:00.000Z", ...same, desired: 3, reason: "idle" },
        { at: "2026-11-02T09:01:00.000Z", ...same, desired: 4, reason: "minimum" },
        { at: "2026-11-02T10:00:00.000Z", ...same, desired: 4 },
      ],
    });
    expect(((await show(past, "59")).json as TypeHistory).counts).to.have.length(2);
    expect((await show([])).json).to.deep.equal({ type: "word-count", counts: [] });
  });

  it("says why the capacity changed: in the scaler's words, or by what else changes it", async () => {
    expect(await reasons([counted(9, 1), counted(8, 3, "backlog"), counted(7, 3, "backlog")])).to.deep.equal([
      ...[undefined, "backlog", undefined],
    ]);
    expect(await reasons([counted(9, 3), counted(8, 1), counted(7, 2)])).to.deep.equal([undefined, "idle", "minimum"]);
    // One instance was launched, and two ended.
    expect(await reasons([counted(9, 3), counted(8, 2, "backlog")])).to.deep.equal([undefined, "idle"]);
    expect(await reasons([counted(9, 3), counted(8, 1, "launches fail")])).to.deep.equal([undefined, "launches fail"]);
    expect(await reasons([counted(9, 3, "backlog")])).to.deep.equal(["backlog"]);
  });

  it("reads as many hours as the time can touch, and one before", async () => {
    asked.length = 0;
    for (const minutes of [undefined, "1", "60", "61", "10080"]) await show([], minutes);
    expect(asked).to.deep.equal([3, 3, 3, 4, 170].map((hours) => ["word-count", hours]));
  });

  it("refuses an invalid time, and an unknown type", async () => {
    for (const minutes of ["0", "10081", "-1", "1.5", "x", ""]) {
      const { status, problem } = await show([], minutes);
      expect([status, problem.errors?.[0]?.path], minutes).to.deep.equal([400, "minutes"]);
    }
    const { status, problem } = await new FakeFrontend().request("GET", "/types/none/history");
    expect([status, problem.code]).to.deep.equal([404, "type-not-found"]);
  });
});
