import { expect } from "chai";
import type { JobRecord } from "../../../contract/records/record";
import { recordAsRead } from "../../../contract/records/recordAsRead";

const day = 24 * 3_600 * 1_000;
const submitted = Date.parse("2026-01-01T00:00:00Z");
const at = (days: number) => submitted + days * day;
const record: JobRecord = {
  id: "a",
  type: "t",
  state: "queued",
  attempts: 0,
  submittedAt: new Date(submitted).toISOString(),
};
const running: JobRecord = { ...record, state: "running", attempts: 1, startedAt: new Date(at(1)).toISOString() };

describe("recordAsRead", () => {
  it("leaves a job alone whose message may still be there", () => {
    expect(recordAsRead(record, at(15))).to.equal(record);
    expect(recordAsRead({ ...running, leaseUntil: at(1) }, at(16)).state).to.equal("running");
  });

  it("reads a job queued beyond its queue's retention as failed", () => {
    const read = recordAsRead(record, at(15) + 1);
    expect(read).to.deep.include({ state: "failed", finishedAt: new Date(at(15)).toISOString() });
    expect(read.error!.name).to.equal("Expired");
    expect(recordAsRead({ ...record, error: { name: "E", message: "last" } }, at(20)).error!.name).to.equal("E");
  });

  it("counts from the time that a job was not to run before", () => {
    const delayed = { ...record, notBefore: new Date(at(100)).toISOString() };
    expect(recordAsRead(delayed, at(115))).to.equal(delayed);
    expect(recordAsRead(delayed, at(115) + 1).state).to.equal("failed");
  });

  it("reads a job whose lease ran out, and whose message is gone, as failed", () => {
    expect(recordAsRead({ ...running, leaseUntil: at(2) }, at(17)).error!.name).to.equal("WorkerLost");
    expect(recordAsRead({ ...running, leaseUntil: at(20) }, at(17)).state).to.equal("running");
  });

  it("never touches what has ended", () => {
    for (const state of ["succeeded", "failed", "cancelled"] as const) {
      expect(recordAsRead({ ...record, state }, at(99)).state).to.equal(state);
    }
  });
});
