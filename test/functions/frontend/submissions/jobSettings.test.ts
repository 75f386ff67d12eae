import { expect } from "chai";
import { encodeEnvelope, type JobEnvelope, jobSettings, settingsOf } from "../../../../contract/messages/envelope";
import type { JobRecord } from "../../../../contract/records/record";
import { createJobIndex } from "../../../../functions/frontend/services/jobIndex";
import { createJobRecords } from "../../../../functions/frontend/services/jobRecords";
import { createRedrive } from "../../../../functions/removal/redrive";
import type { QueueMessage } from "../../../../functions/shared/messages/queueMessage";
import { DynamoRecords } from "../../../../worker-image/src/records/dynamoRecords";
import { startDynamo } from "../../../worker-image/helpers/aws";
import { FakeFrontend } from "../../support/fakeFrontend";

/** A job as another system published it, with every field that there is. */
const job: Required<Omit<JobEnvelope, "payloadRef" | "retry">> = {
  ...{ version: 1, id: "order-17", type: "word-count", payload: { text: "to be" } },
  ...{ submittedAt: "2026-11-02T08:00:00.000Z", notBefore: "2026-11-02T08:10:00.000Z" },
  ...{ tenant: "acme", labels: { campaign: "spring" }, maxAttempts: 2 },
  traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
};
const now = Date.parse("2026-11-02T09:00:00.000Z");

/** Fields that each run of a job has anew. */
const ownOf = { retry: ["notBefore", "retry"], replay: ["id", "notBefore", "submittedAt"] };

function expectSame(sent: JobEnvelope | undefined, verb: keyof typeof ownOf): void {
  const rest = (envelope: object) =>
    Object.fromEntries(Object.entries(envelope).filter(([field]) => !ownOf[verb].includes(field)));
  expect(rest(sent!)).to.deep.equal(rest(job));
}

describe("the settings of a job's message", () => {
  let dynamo: Awaited<ReturnType<typeof startDynamo>>;
  let record: JobRecord;

  before(async () => {
    dynamo = await startDynamo();
    await dynamo.createTable("jobs", "id");
    const workers = new DynamoRecords(dynamo.client, "jobs", () => now);
    const request = { job, messageId: "m", receiveCount: 1, isRedriven: false, worker: "w", maxAttempts: 2, now };
    const claim = await workers.claim({ ...request, leaseUntil: now + 60_000 });
    if (claim.outcome !== "started") throw new Error(claim.outcome);
    await workers.fail(claim.hold, { name: "Error", message: "no" }, now);
    record = (await createJobRecords(dynamo.client, "jobs").read(job.id))!;
  });
  after(() => dynamo.close());

  function failed(): FakeFrontend {
    const frontend = new FakeFrontend({ redrive: () => Promise.resolve({ [job.id]: "absent" }) });
    frontend.put(record);
    frontend.kept.set(job.id, job.payload);
    return frontend;
  }

  it("are in its record, and in what the index reads of it", async () => {
    expect(settingsOf(record)).to.deep.equal(settingsOf(job)).and.have.all.keys(jobSettings);
    const [read] = await createJobIndex(dynamo.client, "jobs").readMany([job.id]);
    expect(settingsOf(read!)).to.deep.equal(settingsOf(job));
  });

  for (const verb of ["retry", "replay"] as const) {
    it(`stay with a ${verb} of the job, alone and by an action`, async () => {
      for (const [path, body] of [
        [`/jobs/${job.id}/${verb}`, undefined],
        ["/actions", { action: verb, ids: [job.id] }],
      ] as const) {
        const frontend = failed();
        expect((await frontend.request("POST", path, body)).status).to.equal(202);
        expectSame(frontend.published.at(-1), verb);
        const { id } = frontend.published.at(-1)!;
        expect(settingsOf(frontend.record(id)!), path).to.deep.equal(settingsOf(job));
      }
    });
  }

  it("stay with a replay of a replay", async () => {
    const frontend = failed();
    await frontend.request("POST", `/jobs/${job.id}/replay`, { id: "again" });
    await frontend.request("POST", "/jobs/again/replay");
    expectSame(frontend.published.at(-1), "replay");
  });

  it("stay with a dead letter that is sent back", async () => {
    const sent: QueueMessage[] = [];
    const letters = [{ id: "m", receiptHandle: "r", body: encodeEnvelope(job), attributes: {}, receiveCount: 1 }];
    const redrive = createRedrive({
      queuesOf: () => Promise.resolve({ queueUrl: "q", deadLetterQueueUrl: "d" }),
      inbox: {
        receive: () => Promise.resolve(letters.splice(0)),
        remove: () => Promise.resolve([undefined]),
        release: () => Promise.resolve(),
      },
      sendBatch: (_url, messages) => Promise.resolve(messages.map((message) => void sent.push(message))),
      countHidden: () => Promise.resolve(0),
      records: { read: () => Promise.resolve(record), requeue: () => Promise.resolve(true) },
      nudge: () => Promise.resolve(),
      now: () => now,
      pause: () => Promise.resolve(),
      random: () => 0,
      log: () => undefined,
    });
    expect(await redrive({ type: job.type, ids: [job.id], delaySeconds: 0 })).to.deep.equal({ [job.id]: "sent" });
    expectSame(JSON.parse(sent[0]!.body) as JobEnvelope, "retry");
  });
});
