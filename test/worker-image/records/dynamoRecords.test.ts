import { GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { expect } from "chai";
import { limits } from "../../../contract/limits";
import { listKeyOf } from "../../../contract/records/listKey";
import { decodeRecord, encodeRecord, type JobRecord } from "../../../contract/records/record";
import { DynamoRecords } from "../../../worker-image/src/records/dynamoRecords";
import { type Hold } from "../../../worker-image/src/records/records";
import { addUsage } from "../../../worker-image/src/usage/usageOf";
import { startDynamo } from "../helpers/aws";
import { envelope } from "../helpers/doubles";
import { describeJobRecords, newId, requestFor, startJob } from "../helpers/jobRecordsContract";

const start = Date.UTC(2_026, 0, 1);
const later = start + 30_001;
const error = { name: "TypeError", message: "no" };

describe("DynamoRecords", () => {
  let dynamo: Awaited<ReturnType<typeof startDynamo>>;
  let records: DynamoRecords;

  before(async () => {
    dynamo = await startDynamo();
    await dynamo.createTable("jobs", "id");
    records = new DynamoRecords(dynamo.client, "jobs");
  });
  after(() => dynamo.close());

  async function stored(id: string): Promise<JobRecord | undefined> {
    const command = new GetItemCommand({ TableName: "jobs", Key: { id: { S: id } }, ConsistentRead: true });
    const { Item: item } = await dynamo.client.send(command);
    return item && decodeRecord(item);
  }

  async function store(fields: Partial<JobRecord> & { id: string }): Promise<void> {
    const record: JobRecord = { type: "echo", state: "queued", attempts: 0, submittedAt: "x", ...fields };
    await dynamo.client.send(new PutItemCommand({ TableName: "jobs", Item: encodeRecord(record) }));
  }

  describeJobRecords("DynamoRecords", () => ({ records, stored, store }));

  it("writes the whole record at the claim of a job that has none", async () => {
    const id = newId();
    await startJob(records, id);
    expect(await stored(id)).to.deep.equal({
      id,
      type: "echo",
      state: "running",
      attempts: 1,
      claims: start + 1,
      submittedAt: "2026-01-01T00:00:00.000Z",
      listKey: listKeyOf("echo", id),
      startedAt: "2026-01-01T00:00:00.000Z",
      worker: "w1",
      messageId: `${id}-m1`,
      leaseUntil: start + 30_000,
    });
  });

  it("writes the time of submission in the one form that lists compare", async () => {
    const id = newId();
    const job = { version: 1, id, type: "echo", payload: 1, submittedAt: "2026-01-01T01:00:00+01:00" } as const;
    await startJob(records, id, { job });
    expect(await stored(id)).to.include({ submittedAt: "2026-01-01T00:00:00.000Z" });
  });

  it("keeps what the front end wrote", async () => {
    const id = newId();
    await store({ id, digest: "d", submittedAt: "2025-12-31T00:00:00.000Z", tenant: "acme" });
    await startJob(records, id);
    expect(await stored(id)).to.include({ digest: "d", submittedAt: "2025-12-31T00:00:00.000Z", tenant: "acme" });
  });

  it("records success, and when the record expires", async () => {
    const id = newId();
    const hold = await startJob(records, id);
    await records.reportProgress(hold, { fraction: 0.5, note: "half" });
    expect((await stored(id))?.progress).to.deep.equal({ fraction: 0.5, note: "half" });
    await records.succeed(hold, { words: 3 }, start + 5_000);
    const record = await stored(id);
    expect(record).to.deep.include({
      state: "succeeded",
      result: { words: 3 },
      finishedAt: "2026-01-01T00:00:05.000Z",
    });
    expect(record?.expiresAt).to.equal((start + 5_000) / 1_000 + limits.recordRetentionSeconds);
    expect(record).not.to.have.any.keys("leaseUntil", "error");
  });

  it("keeps null and no result apart", async () => {
    const [none, nil] = [newId(), newId()];
    await records.succeed(await startJob(records, none), undefined, start, {
      progress: { fraction: 1, note: "all" },
      resultOmitted: { bytes: 70_000, sha256: "0a", reason: "It is too large" },
    });
    await records.succeed(await startJob(records, nil), null, start);
    expect(await stored(none)).not.to.have.property("result");
    expect(await stored(none)).to.deep.include({
      progress: { fraction: 1, note: "all" },
      resultOmitted: { bytes: 70_000, sha256: "0a", reason: "It is too large" },
    });
    expect((await stored(nil))?.result).to.equal(null);
  });

  it("takes a failed attempt back to queued, without an expiry, and forgets its progress at the next", async () => {
    const id = newId();
    const hold = await startJob(records, id);
    await records.reportProgress(hold, { fraction: 0.5 });
    await records.retry(hold, error, start + 20_000);
    const record = await stored(id);
    const retryAt = new Date(start + 20_000).toISOString();
    expect(record).to.deep.include({ state: "queued", attempts: 1, error, retryAt });
    expect(record).not.to.have.any.keys("leaseUntil", "expiresAt", "finishedAt", "progress");
    expect((await startJob(records, id)).attempt).to.equal(2);
    expect(await stored(id)).not.to.have.property("retryAt");
  });

  it("logs the attempts that failed, were given back or lost their workers, over retries, and no others", async () => {
    const id = newId();
    let now = start + 1_000;
    const clocked = new DynamoRecords(dynamo.client, "jobs", () => now);
    await clocked.retry(await startJob(clocked, id), { ...error, frames: ["check (jobs/a.ts:8:11)"] });
    now += 1_000;
    await clocked.giveBack(await startJob(clocked, id, { worker: "w2", now: start + 1_500 }), "busy");
    await startJob(clocked, id, { worker: "w3", now: start + 3_000 });
    const lost = { worker: "w4", now: start + 40_000, isAlone: true };
    expect(await clocked.claim(requestFor(id, lost))).to.have.property("outcome", "suspect");
    now = start + 50_000;
    await clocked.fail(await startJob(clocked, id, lost), error, now);
    const at = (milliseconds: number) => new Date(start + milliseconds).toISOString();
    const [first, ...others] = (await stored(id))!.attemptLog!;
    expect(first).to.deep.equal({
      ...{ attempt: 1, worker: "w1", startedAt: at(0), endedAt: at(1_000), outcome: "failed" },
      error: { ...error, frames: ["check (jobs/a.ts:8:11)"] },
    });
    expect(others).to.deep.equal([
      {
        ...{ attempt: 2, worker: "w2", startedAt: at(1_500), endedAt: at(2_000), outcome: "given-back" },
        error: { name: "GivenBack", message: "busy" },
      },
      { attempt: 2, worker: "w3", startedAt: at(3_000), endedAt: at(33_000), outcome: "lost" },
      { attempt: 2, worker: "w4", startedAt: at(40_000), endedAt: at(50_000), outcome: "failed", error },
    ]);
    const retried = await startJob(clocked, id, { isRedriven: true, messageId: "m2", now });
    await clocked.succeed(retried, 1, now);
    expect((await stored(id))!.attemptLog).to.have.length(4);
  });

  it("sums up the usage of all attempts, lost ones until their leases ended, and goes on after a retry", async () => {
    const id = newId();
    const priced = new DynamoRecords(dynamo.client, "jobs", undefined, { slots: 2, pricePerInstanceHour: 3_600 });
    const usage = async () => (await stored(id))?.usage;
    const ran = (hold: Hold, seconds: number): Hold =>
      Object.assign(hold, { usage: addUsage(hold.usage, { seconds, dollars: seconds }) });
    await priced.retry(ran(await startJob(priced, id), 3), error);
    expect(await usage()).to.deep.equal({ seconds: 3, dollars: 3 });
    await priced.giveBack(ran(await startJob(priced, id), 0.5));
    expect(await usage()).to.deep.equal({ seconds: 3.5, dollars: 3.5 });
    // It is lost with half an instance, and then with a whole one.
    await startJob(priced, id, { now: start + 1 });
    expect(await priced.claim(requestFor(id, { now: later }))).to.have.property("outcome", "suspect");
    expect(await usage()).to.deep.equal({ seconds: 18.5, dollars: 18.5 });
    await startJob(priced, id, { now: later, isAlone: true });
    const again = requestFor(id, { now: later + 20_000_000, isAlone: true });
    expect(await priced.claim(again)).to.have.property("outcome", "suspect");
    expect(await usage()).to.deep.equal({ seconds: 48.5, dollars: 48.5 });
    const last = await startJob(priced, id, { now: later + 20_000_000, isAlone: true });
    await priced.fail(ran(last, 1), error, later);
    expect(await usage()).to.deep.equal({ seconds: 49.5, dollars: 49.5 });
    const redriven = { messageId: "m2", isRedriven: true, now: later + 30_000_000 };
    await priced.succeed(ran(await startJob(priced, id, redriven), 1), 1, later);
    expect(await usage()).to.deep.equal({ seconds: 50.5, dollars: 50.5 });
  });

  it("counts no lost attempt of a worker that was lost while it dead-lettered the job", async () => {
    const id = newId();
    await records.retry(Object.assign(await startJob(records, id), { usage: { seconds: 3 } }), error);
    const request = requestFor(id, { maxAttempts: 1, now: start + 1 });
    expect(await records.claim(request)).to.have.property("outcome", "exhausted");
    await records.claim(requestFor(id, { maxAttempts: 1, now: later + 1, worker: "w2" }));
    expect(await stored(id)).to.have.deep.property("usage", { seconds: 3 });
    expect((await stored(id))?.attemptLog).to.have.length(1);
  });

  it("says whether the front end wrote the record, which then keeps the payload", async () => {
    const [direct, submitted] = [newId(), newId()];
    await store({ id: submitted, digest: "d" });
    expect(await records.claim(requestFor(direct))).to.include({ isUnsubmitted: true });
    expect(await records.claim(requestFor(submitted))).not.to.have.property("isUnsubmitted");
  });

  it("begins an ended job again by a message that retries this end, once, and notes who wanted it", async () => {
    const [finishedAt, at] = ["2026-01-01T00:00:00.000Z", "2026-01-01T01:00:00.000Z"];
    for (const state of ["failed", "cancelled", "succeeded"] as const) {
      const id = newId();
      await store({ id, state, attempts: 3, digest: "d", finishedAt, error, cancelledBy: "ann" });
      const job = (of: string) => ({ ...envelope({ id }), retry: { of, at, by: "bob", key: "k" } });
      const other = await records.claim(requestFor(id, { job: job("2025-01-01T00:00:00.000Z"), messageId: "m2" }));
      expect(other).to.have.property("outcome", "duplicate");
      const retry = { job: job(finishedAt), messageId: "m3" };
      const hold = await startJob(records, id, retry);
      expect(await stored(id)).to.include({ attempts: 1, retries: 1, retriedAt: at, retriedBy: "bob", retryKey: "k" });
      expect(await stored(id)).not.to.have.any.keys("error", "cancelledBy", "finishedAt");
      await records.fail(hold, error, start + 5_000);
      // SNS and SQS may deliver it twice.
      expect(await records.claim(requestFor(id, retry))).to.have.property("outcome", "duplicate");
      expect((await stored(id))!.state).to.equal("failed");
    }
  });

  it("notes nothing of an earlier retry where its dead letter is sent back by hand", async () => {
    const id = newId();
    await store({ id, state: "failed", attempts: 3, finishedAt: "2026-01-02T00:00:00.000Z", retriedBy: "ann", error });
    const retry = { of: "2026-01-01T00:00:00.000Z", at: "2026-01-01T01:00:00.000Z", by: "bob", key: "k" };
    await startJob(records, id, { job: { ...envelope({ id }), retry }, messageId: "m2", isRedriven: true });
    expect(await stored(id)).to.include({ attempts: 1, retriedBy: "ann" });
    expect(await stored(id)).not.to.have.any.keys("retriedAt", "retryKey", "retries");
  });

  it("raises the number of claims with each attempt, also where the attempt doesn't count or counts from one", async () => {
    const id = newId();
    const first = await startJob(records, id);
    await records.giveBack(first);
    const second = await startJob(records, id, { now: start - 3_600_000 });
    expect([second.attempt, second.claim - first.claim]).to.deep.equal([1, 1]);
    // Its answer was lost.
    expect(await startJob(records, id, { now: start - 3_600_000 })).to.deep.equal(second);
    await records.fail(second, error, start);
    const third = await startJob(records, id, { messageId: "m2", isRedriven: true, now: later });
    expect([third.attempt, third.claim - first.claim]).to.deep.equal([1, 2]);
    const lost = await startJob(records, id, { messageId: "m2", now: later + 30_001, isAlone: true }).catch(
      () => "none",
    );
    expect(lost).to.equal("none");
    const fourth = await startJob(records, id, { messageId: "m2", now: later + 30_002, isAlone: true });
    expect([fourth.attempt, fourth.claim - first.claim]).to.deep.equal([1, 3]);
  });

  it("counts the claims of a record from before they were counted", async () => {
    const id = newId();
    await store({ id, attempts: 1 });
    const hold = await startJob(records, id);
    expect([hold.attempt, hold.claim]).to.deep.equal([2, start + 1]);
    expect(hold).to.not.have.property("checkpointAt");
  });

  it("writes the time of the last checkpoint with whatever it writes, and gives it to the next attempt", async () => {
    const id = newId();
    const hold = await startJob(records, id);
    expect(hold).to.not.have.property("checkpointAt");
    await records.extend({ ...hold, checkpointAt: "a" }, later);
    expect(await stored(id)).to.include({ checkpointAt: "a" });
    await records.retry({ ...hold, checkpointAt: "b" }, error);
    const next = await startJob(records, id);
    expect(next.checkpointAt).to.equal("b");
    await records.fail(next, error, start);
    expect((await startJob(records, id, { messageId: "m2", isRedriven: true })).checkpointAt).to.equal("b");
  });

  it("gives back without counting the attempt", async () => {
    const id = newId();
    await records.giveBack(await startJob(records, id));
    expect(await stored(id)).to.include({ state: "queued", attempts: 0 });
    expect((await startJob(records, id)).attempt).to.equal(1);
  });

  it("cuts long errors", async () => {
    const id = newId();
    await records.fail(await startJob(records, id), { name: "Error", message: "é".repeat(9_000) }, start);
    expect((await stored(id))?.error?.message).to.have.length(limits.maxErrorCharacters);
  });

  it("lets one of many claims through", async () => {
    for (const isKnown of [false, true]) {
      const id = newId();
      if (isKnown) await store({ id });
      const claims = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          records.claim(requestFor(id, { worker: `w${index}`, messageId: `m${index}` })),
        ),
      );
      const outcomes = claims.map(({ outcome }) => outcome).sort();
      expect(outcomes).to.deep.equal([...Array<string>(19).fill("duplicate"), "started"]);
    }
  });

  it("recognises its own claim and its own ends when only the answer got lost", async () => {
    const id = newId();
    const hold = await startJob(records, id);
    expect(await startJob(records, id)).to.deep.equal(hold);
    for (const end of [
      () => records.giveBack(hold),
      () => records.retry(hold, error),
      () => records.succeed(hold, 1, start),
      () => records.fail(hold, error, start),
      () => records.cancel(hold, start),
    ]) {
      await store({ id, state: "running", attempts: 1, worker: "w1", leaseUntil: start + 30_000 });
      expect(await end()).to.equal("held");
      expect(await end()).to.equal("held");
    }
  });

  it("touches nothing once another worker holds the job", async () => {
    const id = newId();
    const hold = await startJob(records, id);
    expect(await records.claim(requestFor(id, { worker: "w2", now: later }))).to.include({ outcome: "suspect" });
    await startJob(records, id, { worker: "w2", now: later, isAlone: true });
    const before = await stored(id);
    const writes = [
      records.extend(hold, later),
      records.reportProgress(hold, { fraction: 1 }),
      records.succeed(hold, 1, later),
      records.retry(hold, error),
      records.fail(hold, error, later),
      records.cancel(hold, later),
      records.giveBack(hold),
    ];
    expect(new Set(await Promise.all(writes))).to.deep.equal(new Set(["lost"]));
    expect(await stored(id)).to.deep.equal(before);
  });

  it("says at every write that the job is to be cancelled", async () => {
    const id = newId();
    const running = { id, state: "running", attempts: 1, worker: "w1", cancelRequestedAt: "x" } as const;
    await store(running);
    const hold = { jobId: id, worker: "w1", attempt: 1, claim: 1 };
    expect(await records.extend(hold, later)).to.equal("cancel-requested");
    expect(await records.reportProgress(hold, { fraction: 1 })).to.equal("cancel-requested");
    expect(await records.retry(hold, error)).to.equal("cancel-requested");
    const claim = await records.claim(requestFor(id));
    expect(claim).to.deep.equal({ outcome: "cancelled", record: await stored(id) });
    expect(await stored(id)).to.include({ state: "cancelled", attempts: 1 });
    expect(await stored(id)).to.have.property("expiresAt");
  });

  it("takes a job out of attempts before it says so, so that one worker alone dead-letters it", async () => {
    const id = newId();
    await store({ id, attempts: 3, error });
    const claims = await Promise.all([
      records.claim(requestFor(id, { worker: "w1" })),
      records.claim(requestFor(id, { worker: "w2" })),
    ]);
    expect(claims.map(({ outcome }) => outcome).sort()).to.deep.equal(["busy", "exhausted"]);
    const winner = claims.find((claim) => claim.outcome === "exhausted");
    expect(winner).to.deep.include({ error });
    expect(await records.fail(winner!.hold, error, start)).to.equal("held");
  });

  it("lets a job whose worker was lost run alone, twice, and clears it once it has ended otherwise", async () => {
    const id = newId();
    await startJob(records, id);
    for (const deferrals of [1, 2, 3]) {
      expect(await records.claim(requestFor(id, { now: later }))).to.deep.equal({ outcome: "suspect", deferrals });
    }
    const waiting = await stored(id);
    expect(waiting).to.include({ state: "queued", attempts: 0, suspect: true, lossesAlone: 0, deferrals: 3 });
    expect(waiting).not.to.have.any.keys("leaseUntil");
    const hold = await startJob(records, id, { now: later, isAlone: true });
    expect(hold.attempt).to.equal(1);
    await records.retry(hold, error);
    expect(await stored(id)).not.to.have.any.keys("suspect", "lossesAlone", "deferrals");
    const stuck = await startJob(records, id, { now: later });
    await records.retry(stuck, error, undefined, true);
    expect(await stored(id)).to.include({ suspect: true, attempts: 2 });
    expect(await records.claim(requestFor(id, { now: later }))).to.include({ outcome: "suspect" });
  });

  it("lets one worker run a suspect of a type at a time", async () => {
    const job = envelope({ type: `type-${newId()}` });
    const request = (worker: string, now: number) => ({ job, worker, now, leaseUntil: now + 30_000 });
    expect(await records.holdSuspects(request("w1", start))).to.equal(true);
    expect(await records.holdSuspects(request("w2", start + 1))).to.equal(false);
    expect(await records.holdSuspects(request("w1", start + 20_000))).to.equal(true);
    expect(await records.holdSuspects(request("w2", start + 30_001))).to.equal(false);
    await records.freeSuspects(request("w2", start));
    expect(await records.holdSuspects(request("w2", start + 30_002))).to.equal(false);
    await records.freeSuspects(request("w1", start));
    expect(await records.holdSuspects(request("w2", start + 30_003))).to.equal(true);
    expect(await records.holdSuspects(request("w1", start + 60_003))).to.equal(true);
  });

  it("dead-letters a job that lost two workers while it ran alone, with a reason", async () => {
    const id = newId();
    const lost = { id, state: "running", worker: "w9", messageId: "m1", leaseUntil: start, suspect: true } as const;
    await store({ ...lost, attempts: 3, lossesAlone: 1 });
    const claim = await records.claim(requestFor(id));
    expect(claim).to.deep.include({ outcome: "exhausted", hold: { jobId: id, worker: "w1", attempt: 3, claim: 0 } });
    expect(claim).to.have.nested.property("error.message").that.includes("w9");
  });

  it("starts a redriven job with attempts from zero, without its earlier end", async () => {
    const id = newId();
    await store({ id, state: "failed", attempts: 3, error, finishedAt: "x", expiresAt: 1, cancelRequestedAt: "x" });
    expect((await startJob(records, id, { isRedriven: true })).attempt).to.equal(1);
    const record = await stored(id);
    expect(record).to.include({ state: "running", attempts: 1 });
    expect(record).not.to.have.any.keys("error", "finishedAt", "expiresAt", "cancelRequestedAt");
  });
});
