import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import { type ProblemCode, problemOf, problems } from "../../../contract/http/problem";
import { decodeJobType, encodeJobType } from "../../../contract/jobType";
import { completionEventOf } from "../../../contract/messages/completionEvent";
import { decodeRecord, encodeRecord, isFinal, type JobRecord, jobStates } from "../../../contract/records/record";

describe("record", () => {
  const full: Required<Omit<JobRecord, "unreadable">> = {
    id: "a",
    type: "word-count",
    state: "succeeded",
    attempts: 2,
    claims: 1_700_000_000_003,
    checkpointAt: "2026-11-02T10:00:01.200Z",
    digest: "d",
    tenant: "t",
    labels: { campaign: "spring" },
    maxAttempts: 2,
    submitter: "s",
    submittedBy: "123456789012 assumed-role/orders",
    replayOf: "z",
    traceparent: "job:z",
    listKey: "word-count#3",
    submittedAt: "2026-11-02T10:00:00.000Z",
    notBefore: "2026-11-02T10:00:00.500Z",
    startedAt: "2026-11-02T10:00:01.000Z",
    finishedAt: "2026-11-02T10:00:02.000Z",
    endedAs: "failed#2026-11-02T10:00:02.000Z",
    retryAt: "2026-11-02T10:00:20.000Z",
    attemptLog: [
      {
        ...{ attempt: 1, worker: "i-0", outcome: "failed", error: { name: "Error", message: "no" } },
        ...{ startedAt: "2026-11-02T10:00:01.000Z", endedAt: "2026-11-02T10:00:01.100Z" },
      },
    ],
    retriedAt: "2026-11-02T11:00:00.000Z",
    retriedBy: "123456789012 user/ann",
    retryKey: "k",
    retries: 1,
    usage: { seconds: 1.5, dollars: 0.000_03 },
    progress: { fraction: 0.5, note: "half" },
    result: { words: 2, top: [["a", 1]] },
    resultRef: { bytes: 70_000, sha256: "0a", claim: 1_700_000_000_003 },
    resultOmitted: { bytes: 70_000, sha256: "0a", reason: "It is too large" },
    error: { name: "TypeError", message: "no", code: "E_NO", frames: ["check (jobs/a.ts:8:11)"] },
    cancelRequestedAt: "2026-11-02T10:00:01.500Z",
    cancelledBy: "123456789012 user/ann",
    dataRemovedAt: "2026-11-03T10:00:00.000Z",
    dataRemovedBy: "123456789012 user/ann",
    worker: "i-1",
    messageId: "m",
    leaseUntil: 1_700_000_000_000,
    suspect: true,
    lossesAlone: 1,
    deferrals: 3,
    expiresAt: 1_700_000_000,
  };

  it("round-trips every field", () => {
    expect(decodeRecord(encodeRecord(full))).to.deep.equal(full);
  });

  const fixtures = join(__dirname, "fixtures");
  for (const file of readdirSync(fixtures)) {
    it(`reads the golden item ${file}, writes it again with nothing lost, and shows its whole error`, () => {
      const item = JSON.parse(readFileSync(join(fixtures, file), "utf8")) as Record<string, { S: string }>;
      const read = decodeRecord(item);
      expect(read).not.to.have.property("unreadable");
      expect(encodeRecord(read)).to.deep.equal(item);
      expect(completionEventOf(read).error).to.deep.equal(JSON.parse(item.error!.S));
    });
  }

  it("leaves undefined fields out, and keeps falsy ones", () => {
    const record: JobRecord = { ...full, tenant: undefined, attempts: 0, result: null };
    const item = encodeRecord(record);
    expect(item).to.not.have.property("tenant");
    expect(decodeRecord(item)).to.include({ attempts: 0, result: null });
  });

  it("keeps results that are texts, numbers and booleans what they are", () => {
    for (const result of ["1", 1, true, "", [], {}]) {
      expect(decodeRecord(encodeRecord({ ...full, result })).result).to.deep.equal(result);
    }
  });

  it("passes attributes of a later version, and counts missing attempts as none", () => {
    expect(decodeRecord({ id: { S: "a" }, later: { S: "x" } })).to.deep.equal({ id: "a", later: "x", attempts: 0 });
  });

  it("leaves out what can't be read, and names it", () => {
    const item = {
      ...encodeRecord(full),
      ...{ progress: { S: "not json" }, error: { S: '"text"' }, result: {}, leaseUntil: { S: "later" } },
    };
    const { progress, error, result, leaseUntil, ...rest } = full;
    expect([progress, error, result, leaseUntil]).to.not.include(undefined);
    const unreadable = ["progress", "error", "result", "leaseUntil"];
    const { unreadable: named, ...read } = decodeRecord(item);
    expect(named).to.have.members(unreadable);
    expect(read).to.deep.equal(rest);
    for (const odd of ["null", "[]", "{}", '{"fraction":"1"}', '{"fraction":1,"note":2}', ""]) {
      expect(decodeRecord({ progress: { S: odd } }).unreadable, odd).to.deep.equal(["progress"]);
    }
    expect(decodeRecord({ attempts: { N: "many" } })).to.deep.equal({ attempts: 0, unreadable: ["attempts"] });
  });

  it("never throws, whatever an item holds", () => {
    const value = fc.oneof(
      fc.record({ S: fc.oneof(fc.string(), fc.json()) }),
      fc.record({ N: fc.string() }),
      fc.constantFrom({}, { BOOL: true }),
    );
    const field = fc.oneof(fc.constantFrom(...Object.keys(full)), fc.string());
    fc.assert(fc.property(fc.dictionary(field, value), (item) => void decodeRecord(item as never)));
  });

  it("calls the last three states final", () => {
    expect(jobStates.filter(isFinal)).to.deep.equal(["succeeded", "failed", "cancelled"]);
  });
});

describe("job type", () => {
  const fleet = { groupName: "a", slots: 1, prefetch: 0, targetLatencySeconds: 30 };
  const jobType = { type: "a", queueUrl: "q", deadLetterQueueUrl: "d", timeoutSeconds: 900, maxAttempts: 3, fleet };

  it("round-trips with a schema", () => {
    const checked = { ...jobType, payloadSchema: { type: "object" } };
    expect(decodeJobType(encodeJobType(checked))).to.deep.equal(checked);
    // As deployments before this version wrote it.
    const older = { ...encodeJobType(checked), payloadValidator: { S: "module.exports = () => true" } };
    expect(decodeJobType(older)).to.deep.include(checked);
  });

  it("round-trips with and without a description", () => {
    expect(decodeJobType(encodeJobType(jobType))).to.deep.equal(jobType);
    const described = { ...jobType, description: "Counts words" };
    expect(decodeJobType(encodeJobType(described))).to.deep.equal(described);
  });
});

describe("problem", () => {
  it("carries its code's status and title", () => {
    for (const code of Object.keys(problems) as ProblemCode[]) {
      const document = problemOf(code, "why");
      expect(document).to.deep.equal({ type: "about:blank", ...problems[code], code, detail: "why" });
    }
  });

  it("lists the fields at fault", () => {
    const errors = [{ path: "/type", message: "Expected a, got b" }];
    expect(problemOf("invalid-request", "why", errors).errors).to.equal(errors);
  });
});
