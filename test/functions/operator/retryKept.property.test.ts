import { expect } from "chai";
import fc from "fast-check";
import { decodeMessage, type JobEnvelope } from "../../../contract/messages/envelope";
import { isFinal } from "../../../contract/records/record";
import { createJobRecords } from "../../../functions/frontend/services/jobRecords";
import { retryJobs } from "../../../functions/operator/actions/retryJobs";
import { createRecordTable } from "../../../functions/shared/tables/recordTable";
import { requeueIn } from "../../../functions/shared/tables/requeueRecord";
import { DynamoRecords } from "../../../worker-image/src/records/dynamoRecords";
import { testSeed } from "../../support/seed";
import { startDynamo } from "../../worker-image/helpers/aws";
import { wordCount } from "../support/fakeFrontend";

const payload = { text: "a b" };
const submittedAt = "2026-11-02T09:00:00.000Z";

type Step =
  /** Retries at once, each cut off before or after one of its calls, or not at all. */
  | { do: "retry"; cuts: (number | undefined)[] }
  /** A message comes, perhaps not for the last time, and its job ends. */
  | { do: "deliver"; index: number; isRepeated: boolean; fails: boolean }
  | { do: "cancel" };

const step = fc.oneof(
  fc.record({
    do: fc.constant("retry" as const),
    cuts: fc.array(fc.option(fc.nat({ max: 11 }), { nil: undefined }), { minLength: 1, maxLength: 2 }),
  }),
  fc.record({ do: fc.constant("deliver" as const), index: fc.nat(), isRepeated: fc.boolean(), fails: fc.boolean() }),
  fc.record({ do: fc.constant("cancel" as const) }),
) as fc.Arbitrary<Step>;

describe("retries from the kept payload, cut off anywhere", () => {
  let dynamo: Awaited<ReturnType<typeof startDynamo>>;
  let jobs = 0;
  before(async () => {
    dynamo = await startDynamo();
    await dynamo.createTable("jobs", "id");
  });
  after(() => dynamo.close());

  it("leave no job waiting without a message, and run it once for each end that was retried", async () => {
    const property = fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 12 }), async (steps) => {
      const id = `job-${++jobs}`;
      let now = Date.parse("2026-11-02T10:00:00.000Z");
      const records = createJobRecords(dynamo.client, "jobs");
      const requeue = requeueIn(createRecordTable(dynamo.client, "jobs"));
      const workers = new DynamoRecords(dynamo.client, "jobs", () => now);
      const messages: { id: string; job: JobEnvelope }[] = [];
      /** Ends that a retry was asked for, and the runs since. */
      const retried = new Set<string>();
      let runs = 0;
      let sent = 0;

      const send = (job: JobEnvelope) => void messages.push({ id: `${id}-${++sent}`, job });

      function effectsOf(cut: number | undefined): Parameters<typeof retryJobs>[0] {
        let calls = 0;
        const cutting = async <T>(call: () => Promise<T>): Promise<T> => {
          const place = 2 * calls++;
          if (cut === place) throw new Error("cut off before");
          const value = await call();
          if (cut !== undefined && cut <= place + 1) throw new Error("cut off after");
          return value;
        };
        return {
          records: { read: () => cutting(() => records.read(id)) },
          requeue: (record, retry) => cutting(() => requeue(record, retry)),
          payloads: { renew: () => cutting(() => Promise.resolve({ payload })) },
          jobTypes: { find: () => cutting(() => Promise.resolve(wordCount)) },
          redrive: () => cutting(() => Promise.resolve({ [id]: "absent" as const })),
          publish: ([message]) =>
            cutting(() => {
              const decoded = decodeMessage(message!.body);
              if (decoded.ok && decoded.value[0]!.job.ok) send(decoded.value[0]!.job.value);
              return Promise.resolve([undefined]);
            }),
          now: () => now,
          actOnLarge: () => Promise.reject(new Error("No payload is in S3")),
          log: () => undefined,
        };
      }

      async function retry(cuts: (number | undefined)[]): Promise<void> {
        const before = (await records.read(id))!;
        if (isFinal(before.state)) retried.add(before.finishedAt!);
        const outcomes = await Promise.all(
          cuts.map((cut) => retryJobs(effectsOf(cut), [id], {}).catch((error: Error) => error)),
        );
        const isAccepted = outcomes.some((each) => !(each instanceof Error) && "record" in each[0]!);
        if (isAccepted) expect((await records.read(id))!.state).to.equal("queued");
      }

      async function deliver(index: number, isRepeated: boolean, fails: boolean): Promise<void> {
        const [message] = messages.splice(index % messages.length, 1);
        if (!message) return;
        if (isRepeated) messages.push(message);
        const request = { job: message.job, messageId: message.id, receiveCount: 1, isRedriven: false, worker: "w1" };
        const claim = await workers.claim({ ...request, maxAttempts: 3, now, leaseUntil: now + 60_000 });
        if (claim.outcome !== "started") return void expect(claim.outcome).to.equal("duplicate");
        runs++;
        now += 1_000;
        if (fails) await workers.fail(claim.hold, { name: "Error", message: "no" }, now);
        else await workers.cancel(claim.hold, now);
      }

      const first: JobEnvelope = { version: 1, id, type: "word-count", payload, submittedAt };
      send(first);
      const record = { id, type: "word-count", state: "queued", attempts: 0, submittedAt } as const;
      await records.create(record);
      await records.requestCancel(record, now);
      for (const each of steps) {
        now += 1_000;
        const present = (await records.read(id))!;
        if (each.do === "retry") await retry(each.cuts);
        else if (each.do === "deliver") await deliver(each.index, each.isRepeated, each.fails);
        else if (!isFinal(present.state)) await records.requestCancel(present, now);
        if ((await records.read(id))!.state === "queued") expect(messages).not.to.deep.equal([]);
      }
      while (messages.length > 0) await deliver(0, false, true);
      expect(isFinal((await records.read(id))!.state)).to.equal(true);
      expect(runs).to.be.at.most(retried.size);
    });
    await fc.assert(property, { numRuns: 40, seed: testSeed });
  });
});
