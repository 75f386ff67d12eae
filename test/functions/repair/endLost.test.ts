import { expect } from "chai";
import fc from "fast-check";
import { limits } from "../../../contract/limits";
import { listKeyOf } from "../../../contract/records/listKey";
import { isFinal, type JobRecord, jobStates } from "../../../contract/records/record";
import { recordAsRead } from "../../../contract/records/recordAsRead";
import { cancelJob } from "../../../functions/frontend/cancelJob";
import { createJobRecords } from "../../../functions/frontend/services/jobRecords";
import { createEndLost } from "../../../functions/repair/endLost";
import { createFailedRecords, type FailedRecords } from "../../../functions/repair/failedRecords";
import { createRecordTable } from "../../../functions/shared/tables/recordTable";
import { requeueIn } from "../../../functions/shared/tables/requeueRecord";
import { DynamoRecords } from "../../../worker-image/src/records/dynamoRecords";
import { startDynamo } from "../../worker-image/helpers/aws";
import { checksum, wordCount } from "../support/fakeFrontend";
import { type LogLine, logTo } from "../support/logTo";
import { RecordTable } from "../support/recordTable";

const day = 86_400_000;
const hour = 3_600_000;
const start = Date.parse("2026-11-02T10:00:00Z");
const at = (days: number) => new Date(start + days * day).toISOString();
const expiresAt = (time: number) => time / 1_000 + limits.recordRetentionSeconds;

function job(id: string, fields: Partial<JobRecord> = {}): JobRecord {
  const { type } = wordCount;
  return { id, type, state: "queued", attempts: 0, submittedAt: at(0), listKey: listKeyOf(type, id), ...fields };
}

const running = { state: "running", attempts: 2, worker: "w1", messageId: "m1", startedAt: at(1) } as const;
const error = { name: "Error", message: "no" };

/** The run's actions on records that are held elsewhere. */
function run(records: FailedRecords, overrides: Partial<Parameters<typeof createEndLost>[0]> = {}) {
  const told: JobRecord[] = [];
  const lines: LogLine[] = [];
  const clock = { now: start + 16 * day };
  const endLost = createEndLost({
    records,
    announce: (record) => Promise.resolve(void told.push(record)),
    now: () => clock.now,
    random: () => 0.5,
    log: logTo(lines),
    ...overrides,
  });
  return { told, lines, clock, endLost: (types = [wordCount, checksum]) => endLost(types, () => true) };
}

const asEnded = (record: JobRecord): JobRecord => ({ ...record, endedAs: `failed#${record.finishedAt}` });

describe("ending lost jobs", () => {
  let dynamo: Awaited<ReturnType<typeof startDynamo>>;
  let table: RecordTable;
  let records: FailedRecords;
  let tables = 0;

  before(async () => (dynamo = await startDynamo()));
  after(() => dynamo.close());
  beforeEach(async () => {
    table = await RecordTable.create(dynamo.client, `jobs-${++tables}`);
    records = createFailedRecords(dynamo.client, table.name);
  });

  it("writes the final state that the record reads as, with its expiry, and announces it once", async () => {
    const lost = [
      job("unpublished"),
      job("retried", { attempts: 1, error, startedAt: at(0.5), retryAt: at(0.6) }),
      job("sent-back", { retriedAt: at(0.9), retries: 1 }),
      job("cut-off", { ...running, leaseUntil: start + 1.1 * day, startedAt: at(0.9) }),
      job("delayed", { submittedAt: at(-200), notBefore: at(0.2) }),
      job("of-another-type", { type: checksum.type, listKey: listKeyOf(checksum.type, "of-another-type") }),
    ];
    for (const record of lost) await table.put(record);
    const { told, clock, endLost } = run(records);
    expect(await endLost()).to.equal(lost.length);
    for (const record of lost) {
      const ended = asEnded(recordAsRead(record, clock.now));
      delete ended.leaseUntil;
      expect(ended.state).to.equal("failed");
      expect(await table.read(record.id)).to.deep.equal({ ...ended, expiresAt: expiresAt(clock.now) });
    }
    expect((await table.read("unpublished")).error!.name).to.equal("Expired");
    expect((await table.read("cut-off")).error!.name).to.equal("WorkerLost");
    expect((await table.read("retried")).error).to.deep.equal(error);
    expect(told.map(({ id, state }) => [id, state])).to.have.deep.members(lost.map(({ id }) => [id, "failed"]));
    clock.now += 2 * hour;
    expect(await endLost()).to.equal(0);
    expect(told).to.have.length(lost.length);
  });

  it("leaves alone what has ended, what may still have a message, and what a worker holds", async () => {
    const others = [
      job("young", { submittedAt: at(1.1) }),
      job("far-ahead", { notBefore: at(300) }),
      job("sent-back", { retriedAt: at(2) }),
      job("retried", { attempts: 1, error, startedAt: at(2) }),
      job("cut-off-lately", { ...running, startedAt: at(2), leaseUntil: start + 3 * day }),
      job("held", { ...running, leaseUntil: start + 17 * day }),
      job("succeeded", { state: "succeeded", result: 1, finishedAt: at(15), expiresAt: 2_000_000_000 }),
      job("failed", { state: "failed", error, finishedAt: at(15), expiresAt: 2_000_000_000 }),
      job("cancelled", { state: "cancelled", finishedAt: at(15), expiresAt: 2_000_000_000 }),
    ];
    for (const record of others) await table.put(record);
    const { told, endLost } = run(records);
    expect(await endLost()).to.equal(0);
    for (const record of others) expect(await table.read(record.id)).to.deep.equal(record);
    expect(told).to.deep.equal([]);
  });

  describe("while the job moves, between its being read and written", () => {
    const request = {
      ...{ messageId: "m2", receiveCount: 1, isRedriven: false, isAlone: true, maxAttempts: 9, worker: "w2" },
      job: { version: 1, type: wordCount.type, payload: 1, submittedAt: at(0) },
    } as const;
    type Mover = (id: string, now: number) => Promise<unknown>;

    async function claim(id: string, now: number) {
      const workers = new DynamoRecords(dynamo.client, table.name);
      const claimed = await workers.claim({ ...request, job: { ...request.job, id }, now, leaseUntil: now + 60_000 });
      if (claimed.outcome !== "started") throw new Error(`Expected a start, got ${claimed.outcome}`);
      return { workers, hold: claimed.hold };
    }

    async function afterClaim(
      id: string,
      now: number,
      act: (of: Awaited<ReturnType<typeof claim>>) => Promise<unknown>,
    ) {
      await act(await claim(id, now));
    }

    const movers: Record<string, Mover> = {
      "a worker takes it": claim,
      "a worker takes it and retries it": (id, now) =>
        afterClaim(id, now, ({ workers, hold }) => workers.retry(hold, error, now + 1)),
      "a worker takes it and gives it back": (id, now) =>
        afterClaim(id, now, ({ workers, hold }) => workers.giveBack(hold)),
      "a worker takes it and ends it": (id, now) =>
        afterClaim(id, now, ({ workers, hold }) => workers.succeed(hold, "done", now)),
      "a caller cancels it": async (id, now) => {
        const all = createJobRecords(dynamo.client, table.name);
        // It has not expired for whoever still asks by an older clock.
        await cancelJob({ records: all, now: () => now - 10 * day }, id);
      },
      "another run ends it, and it is sent back": async (id, now) => {
        const record = recordAsRead(await table.read(id), now);
        await records.fail(record, now, true);
        await requeueIn(createRecordTable(dynamo.client, table.name))(await table.read(id), {
          at: new Date(now).toISOString(),
          delaySeconds: 0,
        });
      },
    };

    for (const [what, move] of Object.entries(movers)) {
      for (const record of [job("a"), job("a", { attempts: 1, error, startedAt: at(0.5) })]) {
        it(`is left to it where ${what}, ${record.attempts} attempts after it was submitted`, async () => {
          await table.put(record);
          let moved: JobRecord | undefined;
          const racing: FailedRecords = {
            ...records,
            read: async (id) => {
              const seen = await records.read(id);
              await move(id, start + 16 * day);
              moved = await table.read(id);
              return seen;
            },
          };
          const { told, endLost } = run(racing);
          expect(await endLost()).to.equal(0);
          expect(moved).not.to.deep.equal(record);
          expect(await table.read("a")).to.deep.equal(moved);
          expect(told).to.deep.equal([]);
        });
      }
    }
  });

  it("announces an end that it could not announce in a later round, and keeps the record until then", async () => {
    await table.put(job("a"));
    let isRefusing = true;
    const told: string[] = [];
    const announce = ({ id }: JobRecord) => {
      if (isRefusing) return Promise.reject(new Error("throttled"));
      told.push(id);
      return Promise.resolve();
    };
    const { endLost, clock, lines } = run(records, { announce });
    const failure = await endLost().catch((thrown: Error) => thrown);
    expect(failure).to.have.property("message", "throttled");
    expect(lines.map(({ event, fields }) => [event, fields.jobId])).to.deep.equal([["lost-job-not-ended", "a"]]);
    expect(await table.read("a"))
      .to.include({ state: "failed" })
      .and.not.have.property("expiresAt");
    isRefusing = false;
    clock.now += hour;
    // What was left of the round comes first.
    await endLost();
    clock.now += hour;
    await endLost();
    expect(told).to.deep.equal(["a"]);
    const ended = await table.read("a");
    expect(ended.expiresAt).to.be.a("number");
    expect(ended.finishedAt).to.equal(at(15));
  });

  it("ends jobs without an event if events are off", async () => {
    await table.put(job("a"));
    expect(await run(records, { announce: undefined }).endLost()).to.equal(1);
    expect((await table.read("a")).expiresAt).to.be.a("number");
  });

  it("gets past jobs that are to run in months, however many", async () => {
    const key = listKeyOf(wordCount.type, "a");
    const ahead = Array.from({ length: 60 }, (_, index) =>
      job(`ahead-${index}`, { listKey: key, submittedAt: at(-index / 100), notBefore: at(200) }),
    );
    await Promise.all([...ahead, job("a", { submittedAt: at(0.5) })].map((record) => table.put(record)));
    expect(await run(records).endLost()).to.equal(1);
    expect((await table.read("a")).state).to.equal("failed");
  });

  it("never changes what a record reads as, and ends just those that read as ended", async () => {
    const days = fc.double({ min: 0, max: 17, noNaN: true });
    const when = fc.option(days.map(at), { nil: undefined });
    const arbitrary = fc.record({
      state: fc.constantFrom(...jobStates),
      submittedAt: days.map(at),
      notBefore: when,
      startedAt: when,
      retriedAt: when,
      lease: fc.option(days, { nil: undefined }),
      hasError: fc.boolean(),
    });
    let ids = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(arbitrary, { minLength: 10, maxLength: 20, size: "max" }), async (all) => {
        const put = await Promise.all(
          all.map(async ({ lease, hasError, state, ...times }) => {
            const end = isFinal(state) ? { finishedAt: times.submittedAt, expiresAt: 2_000_000_000 } : {};
            const leaseUntil = state === "running" && lease !== undefined ? Math.floor(start + lease * day) : undefined;
            const record = job(`job-${++ids}`, {
              ...{ state, ...times, ...end, leaseUntil },
              ...((hasError || state === "failed") && { error }),
            });
            await table.put(record);
            return table.read(record.id);
          }),
        );
        const { told, clock, endLost } = run(records);
        const isLost = (record: JobRecord) => recordAsRead(record, clock.now) !== record;
        // One that never had a lease, though it runs, is none that any part of the system writes.
        const lost = put.filter((record) => isLost(record) && (record.state === "queued" || record.leaseUntil));
        await endLost([wordCount]);
        expect(told.map(({ id }) => id)).to.have.members(lost.map(({ id }) => id));
        for (const record of put) {
          const { leaseUntil, ...read } = recordAsRead(record, clock.now);
          const wanted = lost.includes(record)
            ? { ...asEnded(read), expiresAt: expiresAt(clock.now) }
            : leaseUntil === undefined
              ? record
              : { ...record, leaseUntil };
          expect(await table.read(record.id)).to.deep.equal(wanted);
        }
      }),
      { numRuns: 5 },
    );
  });

  describe("round by round", () => {
    /** Looks at an index in which no job is old. */
    function counting() {
      const asked: string[] = [];
      const idle: FailedRecords = {
        read: () => Promise.resolve(undefined),
        fail: () => Promise.reject(new Error("not asked for")),
        oldest: (listKey) => {
          asked.push(listKey);
          return Promise.resolve({ ids: [] });
        },
      };
      return { asked, idle };
    }
    const many = Array.from({ length: 200 }, (_, index) => ({ ...checksum, type: `t${index}` }));

    it("reads each key once an hour", async () => {
      const { asked, idle } = counting();
      const { clock, endLost } = run(idle);
      for (let minute = 0; minute < 60; minute++, clock.now += 60_000) await endLost();
      expect(asked).to.have.length(16);
      expect(new Set(asked).size).to.equal(16);
      await endLost();
      expect(asked).to.have.length(32);
    });

    it("bounds each run, and reaches all of 200 types within an hour", async () => {
      const { asked, idle } = counting();
      const { clock, endLost } = run(idle);
      for (let minute = 0; minute < 60; minute++, clock.now += 60_000) {
        const before = asked.length;
        await endLost(many);
        expect(asked.length - before).to.be.at.most(40);
      }
      expect(asked).to.have.length(1_600);
      expect(new Set(asked).size).to.equal(1_600);
    });

    it("reaches all types though no state is kept from run to run", async () => {
      const { asked, idle } = counting();
      let seed = 0;
      for (let minute = 0; minute < 400; minute++) {
        await run(idle, { random: () => (seed = (seed + 0.618_033_988_7) % 1) }).endLost(many);
      }
      expect(new Set(asked).size).to.equal(1_600);
    });

    it("continues in the next run if there are many jobs before", async () => {
      const { idle } = counting();
      const starts: unknown[] = [];
      const long: FailedRecords = {
        ...idle,
        oldest: (_listKey, _before, from) => {
          starts.push(from);
          return Promise.resolve({ ids: ["x"], ...(starts.length < 100 && { next: starts.length }) });
        },
      };
      const { clock, endLost } = run(long);
      for (let minute = 0; minute < 3; minute++, clock.now += 60_000) await endLost([wordCount]);
      expect(starts.slice(0, 100)).to.deep.equal([undefined, ...Array.from({ length: 99 }, (_, index) => index + 1)]);
      expect(starts).to.have.length(107);
    });

    it("begins nothing for which too little time is left", async () => {
      const { asked, idle } = counting();
      const endLost = createEndLost({ records: idle, now: () => start, random: () => 0, log: () => undefined });
      expect(await endLost([wordCount], () => false)).to.equal(0);
      expect(asked).to.deep.equal([]);
      expect(await endLost([], () => true)).to.equal(0);
    });
  });
});
