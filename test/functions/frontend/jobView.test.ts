import { expect } from "chai";
import type { JobRecord } from "../../../contract/records/record";
import { jobView } from "../../../functions/frontend/jobView";

const record: JobRecord = {
  id: "a",
  type: "count",
  state: "succeeded",
  attempts: 1,
  submittedAt: "2026-11-24T00:00:00.000Z",
};

describe("jobView", () => {
  it("shows that a result was left out, and why, and no result", () => {
    const resultOmitted = { bytes: 300_000, sha256: "0a".repeat(32), reason: "larger than 240,000 bytes" };
    const shown = JSON.parse(JSON.stringify(jobView({ ...record, resultOmitted }))) as object;
    expect(shown).to.deep.equal({ ...record, resultOmitted });
  });

  it("shows a result, even null, and nothing of what isn't there", () => {
    for (const result of [null, 0, "", { words: 2 }]) {
      expect(JSON.parse(JSON.stringify(jobView({ ...record, result })))).to.deep.equal({ ...record, result });
    }
    expect(JSON.parse(JSON.stringify(jobView(record)))).to.deep.equal({ ...record });
  });
});
