import { expect } from "chai";
import { type JobRecord } from "../../../contract/records/record";
import { type Claim, type ClaimRequest, type Hold, type JobRecords } from "../../../worker-image/src/records/records";
import { envelope } from "./doubles";

/** The suite's needs of an implementation. */
export interface RecordsUnderTest {
  records: JobRecords;
  /** The record as it is stored; undefined where the implementation keeps none. */
  stored(id: string): Promise<JobRecord | undefined>;
  /** Writes a record as the front end would. */
  store(record: JobRecord): Promise<void>;
}

const start = Date.UTC(2_026, 0, 1);
const leaseMilliseconds = 30_000;
let lastJob = 0;

export function requestFor(id: string, fields: Partial<ClaimRequest> = {}): ClaimRequest {
  const now = fields.now ?? start;
  return {
    job: envelope({ id }),
    messageId: `${id}-m1`,
    receiveCount: 1,
    isRedriven: false,
    worker: "w1",
    maxAttempts: 3,
    now,
    leaseUntil: now + leaseMilliseconds,
    ...fields,
  };
}

export function newId(): string {
  return `job-${++lastJob}`;
}

export async function startJob(records: JobRecords, id: string, fields: Partial<ClaimRequest> = {}): Promise<Hold> {
  const claim = await records.claim(requestFor(id, fields));
  if (claim.outcome !== "started") throw new Error(`Expected job ${id} to start, got ${JSON.stringify(claim)}`);
  return claim.hold;
}

/** Behaviour of every implementation of JobRecords, with or without a table behind it. */
export function describeJobRecords(name: string, setUp: () => RecordsUnderTest): void {
  describe(`${name} as JobRecords`, () => {
    let records: JobRecords;
    beforeEach(() => ({ records } = setUp()));

    it("starts a job that it knows nothing of", async () => {
      const id = newId();
      const claim: Claim = await records.claim(requestFor(id));
      expect(claim).to.have.property("outcome", "started");
      expect(claim).to.have.property("hold").that.deep.include({ jobId: id, worker: "w1", attempt: 1 });
    });

    it("lets the worker that holds a job extend, report and succeed", async () => {
      const hold = await startJob(records, newId());
      expect(await records.extend(hold, start + 60_000)).to.equal("held");
      expect(await records.reportProgress(hold, { fraction: 0.5 })).to.equal("held");
      expect(await records.succeed(hold, { answer: 42 }, start)).to.equal("held");
    });

    it("lets it retry, fail, cancel and give back", async () => {
      const error = { name: "Error", message: "no" };
      expect(await records.retry(await startJob(records, newId()), error)).to.equal("held");
      expect(await records.fail(await startJob(records, newId()), error, start)).to.equal("held");
      expect(await records.cancel(await startJob(records, newId()), start)).to.equal("held");
      expect(await records.giveBack(await startJob(records, newId()))).to.equal("held");
    });

    it("counts the second delivery as the second attempt", async () => {
      const id = newId();
      await records.retry(await startJob(records, id), { name: "Error", message: "no" });
      const hold = await startJob(records, id, { receiveCount: 2, now: start + 1 });
      expect(hold.attempt).to.equal(2);
    });
  });
}
