import { GetItemCommand } from "@aws-sdk/client-dynamodb";
import { expect } from "chai";
import fc from "fast-check";
import type { RetryMark } from "../../../contract/messages/envelope";
import { decodeRecord, isFinal, type JobRecord } from "../../../contract/records/record";
import { cancelJob } from "../../../functions/frontend/cancelJob";
import { createJobRecords } from "../../../functions/frontend/services/jobRecords";
import { createFailedRecords } from "../../../functions/repair/failedRecords";
import { createRecordTable } from "../../../functions/shared/tables/recordTable";
import { requeueIn } from "../../../functions/shared/tables/requeueRecord";
import { DynamoRecords } from "../../../worker-image/src/records/dynamoRecords";
import type { Hold } from "../../../worker-image/src/records/records";
import { testSeed } from "../../support/seed";
import { startDynamo } from "../../worker-image/helpers/aws";
import { type JobEvent, statesAfter, transitions } from "./transitions";

const start = Date.UTC(2_026, 0, 1);
const leaseMilliseconds = 30_000;
const maxAttempts = 3;
const error = { name: "Error", message: "no" };

/** An actor's next step; a worker acts with its last hold, even a lost one. */
const steps = [
  "submit",
  "claim",
  "claimOther",
  "redrive",
  "sendBack",
  "retryKept",
  "extend",
  "report",
  "succeed",
  "fail",
  "retry",
  "giveBack",
  "cancel",
  "requestCancel",
  "giveUp",
  "wait",
  "outlast",
] as const;
type Step = { do: (typeof steps)[number]; worker: number };

/** The events by which a step may change the state; each write of a step is looked at by itself. */
const eventsOf: Record<Step["do"], JobEvent[]> = {
  submit: ["submit"],
  // A claim that finds no attempt left takes the job to fail it.
  claim: ["claim", "cancel", "suspect"],
  claimOther: ["claim", "cancel", "suspect"],
  redrive: ["claim", "cancel", "redrive", "suspect"],
  sendBack: ["redrive"],
  retryKept: ["redrive"],
  extend: [],
  report: [],
  succeed: ["succeed"],
  fail: ["fail"],
  retry: ["retry"],
  giveBack: ["give back"],
  cancel: ["cancel"],
  requestCancel: ["request cancel"],
  giveUp: ["give up"],
  wait: [],
  outlast: [],
};

describe("the records of front end, workers and repair, in any order of events", () => {
  let dynamo: Awaited<ReturnType<typeof startDynamo>>;
  let jobs = 0;

  before(async () => {
    dynamo = await startDynamo();
    await dynamo.createTable("jobs", "id");
  });
  after(() => dynamo.close());

  async function stored(id: string): Promise<JobRecord | undefined> {
    const command = new GetItemCommand({ TableName: "jobs", Key: { id: { S: id } }, ConsistentRead: true });
    const { Item } = await dynamo.client.send(command);
    return Item && decodeRecord(Item);
  }

  /** Clocks of their own: a worker's may be behind or ahead by seconds, and jump. */
  function actors(id: string) {
    const frontend = createJobRecords(dynamo.client, "jobs");
    const requeue = requeueIn(createRecordTable(dynamo.client, "jobs"));
    const workers = new DynamoRecords(dynamo.client, "jobs");
    const repair = createFailedRecords(dynamo.client, "jobs");
    const holds: (Hold | undefined)[] = [];
    let now = start;
    let redrives = 0;
    const job = { version: 1, id, type: "echo", payload: 1, submittedAt: new Date(start).toISOString() } as const;

    async function claim(worker: number, messageId: string, isRedriven = false, retry?: RetryMark): Promise<void> {
      const leaseUntil = now + leaseMilliseconds;
      const request = {
        job: { ...job, ...(retry && { retry }) },
        messageId,
        receiveCount: 1,
        isRedriven,
        maxAttempts,
        now,
        leaseUntil,
      };
      const outcome = await workers.claim({ ...request, worker: `w${worker}`, isAlone: worker === 1 });
      if (outcome.outcome === "started" || outcome.outcome === "exhausted") holds[worker] = outcome.hold;
    }

    const act: Record<Step["do"], (worker: number) => unknown> = {
      submit: () => {
        const submittedAt = new Date(now).toISOString();
        return frontend.create({ id, type: "echo", state: "queued", attempts: 0, digest: "d", submittedAt });
      },
      claim: (worker) => claim(worker, "m1"),
      claimOther: (worker) => claim(worker, "m2"),
      redrive: (worker) => claim(worker, `r${++redrives}`, true),
      sendBack: async () => {
        const record = await frontend.read(id);
        const isOver = record?.state === "failed" || record?.state === "cancelled";
        if (isOver) await requeue(record, { at: new Date(now).toISOString(), delaySeconds: 0 });
      },
      retryKept: async (worker) => {
        const record = await frontend.read(id);
        if (record?.state !== "failed" && record?.state !== "cancelled") return;
        await claim(worker, `k${++redrives}`, false, { of: record.finishedAt!, at: new Date(now).toISOString() });
      },
      extend: (worker) => holds[worker] && workers.extend(holds[worker], now + leaseMilliseconds),
      report: (worker) => holds[worker] && workers.reportProgress(holds[worker], { fraction: 0.5 }),
      succeed: (worker) => holds[worker] && workers.succeed(holds[worker], "done", now),
      fail: (worker) => holds[worker] && workers.fail(holds[worker], error, now),
      retry: (worker) => holds[worker] && workers.retry(holds[worker], error),
      giveBack: (worker) => holds[worker] && workers.giveBack(holds[worker]),
      cancel: (worker) => holds[worker] && workers.cancel(holds[worker], now),
      requestCancel: () => cancelJob({ records: frontend, now: () => now }, id),
      giveUp: async () => {
        const record = await repair.read(id);
        const finishedAt = new Date(now).toISOString();
        if (record) await repair.fail({ ...record, state: "failed", error, finishedAt }, now, true);
      },
      wait: () => (now += 5_000),
      outlast: () => (now += leaseMilliseconds + 1),
    };
    return { act, time: () => now };
  }

  const sequence = fc.array(
    fc.record({
      do: fc.oneof(
        fc.constantFrom(...steps),
        fc.constantFrom("submit", "claim", "outlast", "requestCancel", "retry", "giveUp", "sendBack" as const),
      ),
      worker: fc.integer({ min: 0, max: 1 }),
    }),
    { minLength: 1, maxLength: 40, size: "max" },
  ) as fc.Arbitrary<Step[]>;

  it("go only from state to state as the transitions say, and hold together in each", async () => {
    const taken = new Set<string>();
    // The property says nothing about those that no sequence takes.
    const missing = () =>
      transitions
        .filter(({ event, from, to }) => from !== to && !taken.has(`${from} ${event} ${to}`))
        .map(({ event, from, to }) => `${from} ${event} ${to}`);
    const property = fc.asyncProperty(sequence, async (all) => {
      const id = `job-${++jobs}`;
      const { act, time } = actors(id);
      let before: JobRecord | undefined;
      let after: JobRecord | undefined;
      for (const step of all) {
        before = after;
        await act[step.do](step.worker);
        after = await stored(id);
        expectConsistent(after);
        const isNew = before === undefined && after !== undefined;
        const isTaken = before?.worker !== after?.worker || before?.attempts !== after?.attempts;
        if (!isNew && before?.state === after?.state && !(after?.state === "running" && isTaken)) continue;
        const events = eventsOf[step.do].filter((event) => statesAfter(event, before, time()).includes(after!.state));
        expect(events, `${step.do}: ${before?.state} → ${after?.state}`).to.have.lengthOf(1);
        taken.add(`${before?.state} ${events[0]} ${after!.state}`);
      }
    });
    for (let round = 0; round < 20 && (round === 0 || missing().length > 0); round++) {
      await fc.assert(property, { numRuns: 60, seed: testSeed + round });
    }
    expect(missing()).to.deep.equal([]);
  });

  function expectConsistent(record: JobRecord | undefined): void {
    if (!record) return;
    const { state, attempts, finishedAt } = record;
    const isUnsuccessful = state === "failed" || state === "cancelled";
    // Else the list of failed jobs would lack it, or show it for ever.
    expect(record.endedAs).to.equal(isUnsuccessful ? `${state}#${finishedAt}` : undefined);
    expect(attempts).to.be.within(0, maxAttempts);
    if (isFinal(state)) {
      expect(record).to.include.keys("finishedAt", "expiresAt");
      expect(record).not.to.have.property("leaseUntil");
    } else {
      expect(record).not.to.have.any.keys("finishedAt", "expiresAt", "result");
    }
    if (state === "queued") expect(record).not.to.have.any.keys("leaseUntil", "progress");
    if (state === "running") expect(record).to.include.keys("worker", "messageId", "leaseUntil");
    if (state === "succeeded") expect(record).to.include.keys("result").and.not.have.property("error");
    if (state === "failed") expect(record).to.have.property("error");
    if (state === "cancelled" && attempts === 0) expect(record).not.to.have.property("result");
  }
});
