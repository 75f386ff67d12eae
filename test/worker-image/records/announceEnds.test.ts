import { expect } from "chai";
import { type CompletionEvent } from "../../../contract/messages/completionEvent";
import { type JobRecord } from "../../../contract/records/record";
import { announceEnds } from "../../../worker-image/src/records/announceEnds";
import { type Claim, type JobRecords } from "../../../worker-image/src/records/records";
import { UntrackedRecords } from "../../../worker-image/src/records/untrackedRecords";
import { requestFor } from "../helpers/jobRecordsContract";

const now = Date.UTC(2_026, 0, 1, 0, 0, 5);
const error = { name: "TypeError", message: "no" };
const ended: JobRecord = {
  id: "a",
  type: "echo",
  state: "succeeded",
  attempts: 2,
  submittedAt: "2026-01-01T00:00:00.000Z",
  finishedAt: "2026-01-01T00:00:05.000Z",
  messageId: "a-m1",
};

function setUp(inner: Partial<JobRecords> = {}) {
  const events: CompletionEvent[] = [];
  const failures: Error[] = [];
  const records = announceEnds(Object.assign(new UntrackedRecords(), inner), (event) => {
    const failure = failures.shift();
    if (failure) return Promise.reject(failure);
    events.push(event);
    return Promise.resolve();
  });
  const start = async () => {
    const claim = await records.claim(requestFor("a"));
    if (claim.outcome !== "started") throw new Error(claim.outcome);
    return claim.hold;
  };
  const claimed = (claim: Claim) => setUp({ claim: async () => claim });
  return { events, failures, records, start, claimed };
}

describe("announceEnds", () => {
  const told = { id: "a", type: "echo", attempts: 1, submittedAt: ended.submittedAt, finishedAt: ended.finishedAt };

  it("announces each final state once it is written, and nothing else", async () => {
    const { events, records, start } = setUp();
    await records.retry(await start(), error);
    await records.giveBack(await start());
    await records.extend(await start(), now);
    await records.reportProgress(await start(), { fraction: 1 });
    expect(events).to.deep.equal([]);
    await records.succeed(await start(), "result", now);
    const resultOmitted = { bytes: 70_000, sha256: "0a", reason: "It is too large" };
    await records.succeed(await start(), undefined, now, { progress: { fraction: 1 }, resultOmitted });
    await records.fail(await start(), error, now);
    await records.cancel(await start(), now);
    expect(events).to.deep.equal([
      { ...told, state: "succeeded" },
      { ...told, state: "succeeded", resultOmitted },
      { ...told, state: "failed", error },
      { ...told, state: "cancelled" },
    ]);
  });

  it("announces nothing of a job that another worker holds", async () => {
    const { events, records, start } = setUp({ succeed: async () => "lost" });
    expect(await records.succeed(await start(), 1, now)).to.equal("lost");
    expect(events).to.deep.equal([]);
  });

  it("fails with the announcement, so that the write is repeated and announced", async () => {
    const { events, failures, records, start } = setUp();
    const hold = await start();
    failures.push(new Error("throttled"));
    let refusal: unknown;
    await records.succeed(hold, 1, now).catch((reason: unknown) => (refusal = reason));
    expect(refusal).to.have.property("message", "throttled");
    expect(await records.succeed(hold, 1, now)).to.equal("held");
    expect(events).to.have.length(1);
  });

  it("announces a cancelled claim", async () => {
    const record: JobRecord = { ...ended, state: "cancelled" };
    const { events, records } = setUp().claimed({ outcome: "cancelled", record });
    await records.claim(requestFor("a"));
    expect(JSON.parse(JSON.stringify(events))).to.deep.equal([{ ...told, attempts: 2, state: "cancelled" }]);
  });

  it("announces again what a worker may have recorded and not announced: its message is still there", async () => {
    const duplicate = (record?: JobRecord) => ({ outcome: "duplicate" as const, because: "it ended", ended: record });
    for (const [record, count] of [
      [ended, 1],
      [{ ...ended, state: "cancelled", messageId: undefined }, 1],
      [{ ...ended, messageId: "a-m2" }, 0],
      [undefined, 0],
    ] as const) {
      const { events, records } = setUp().claimed(duplicate(record));
      await records.claim(requestFor("a"));
      expect(events, JSON.stringify(record)).to.have.length(count);
    }
  });
});
