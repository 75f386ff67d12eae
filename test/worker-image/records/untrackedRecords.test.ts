import { expect } from "chai";
import { UntrackedRecords } from "../../../worker-image/src/records/untrackedRecords";
import { describeJobRecords, newId, requestFor, startJob } from "../helpers/jobRecordsContract";

describe("UntrackedRecords", () => {
  const records = new UntrackedRecords();

  describeJobRecords("UntrackedRecords", () => ({
    records,
    stored: () => Promise.resolve(undefined),
    store: () => Promise.resolve(),
  }));

  it("counts deliveries as attempts, and exhausts a job delivered more often than it has attempts", async () => {
    const id = newId();
    expect((await startJob(records, id, { receiveCount: 3 })).attempt).to.equal(3);
    const claim = await records.claim(requestFor(id, { receiveCount: 4 }));
    expect(claim).to.deep.include({ outcome: "exhausted", hold: { jobId: id, worker: "w1", attempt: 3, claim: 0 } });
    expect(claim.outcome === "exhausted" && claim.error.message).to.match(/Delivered 4 times/);
  });
});
