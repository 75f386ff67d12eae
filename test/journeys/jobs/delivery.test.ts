import { DeleteItemCommand, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { PublishCommand } from "@aws-sdk/client-sns";
import { expect } from "chai";
import { receive, until } from "../../local-cloud/support";
import { createHandlers, type Handlers, type Journey, killWorkerOf, startJourney } from "../support/stack";

/** Promises of the pipeline, each broken on purpose, on the whole of it. */
describe("a job's delivery", () => {
  let handlers: Handlers;
  let journey: Journey;
  const settings = { backoffSeconds: 0.1, slots: 2 };

  before(async () => {
    handlers = createHandlers({
      slow: `note("start " + job.id + " " + job.attempt); if (job.payload.waits) await released(job, context); note("end " + job.id); return { done: true };`,
      moody: `note("try " + job.id); if (job.attempt < job.payload.succeedsAt) throw new TypeError("not yet"); return { attempt: job.attempt };`,
    });
    journey = await startJourney(
      [
        { name: "slow", handler: "slow", ...settings },
        { name: "moody", handler: "moody", ...settings, maxAttempts: 3 },
      ],
      handlers,
      {},
      { workerEnvironment: { WORKER_VISIBILITY_TIMEOUT_SECONDS: "6" } },
    );
  });

  after(async () => {
    await journey?.stop();
    handlers?.remove();
  });

  it("survives the worker's death in the middle of the job", async () => {
    const id = await journey.submit("slow", { waits: true });
    const starts = () => handlers.ledger().filter((line) => line === `start ${id} 1`).length;
    await until(() => starts() === 1);
    await killWorkerOf(journey, id);
    await until(() => starts() === 2);
    handlers.release(id);
    const job = await journey.reaches(id, "succeeded");
    expect(job).to.deep.include({ attempts: 1, result: { done: true } });
    expect(handlers.ledger().filter((line) => line.includes(id))).to.deep.equal([
      `start ${id} 1`,
      `start ${id} 1`,
      `end ${id}`,
    ]);
  });

  it("runs a job once, though its message comes twice", async () => {
    const id = await journey.submit("slow", {});
    await journey.reaches(id, "succeeded");
    const envelope = { version: 1, id, type: "slow", payload: {}, submittedAt: new Date().toISOString() };
    await publish(envelope);
    await until(() => journey.logs.some(({ line }) => line.includes("message-deleted") && line.includes(id)));
    expect(handlers.ledger().filter((line) => line === `end ${id}`)).to.have.length(1);
  });

  it("retries what fails, and shows the attempts", async () => {
    const id = await journey.submit("moody", { succeedsAt: 3 });
    expect(await journey.reaches(id, "succeeded")).to.deep.include({ attempts: 3, result: { attempt: 3 } });
  });

  it("dead-letters what keeps failing, with its reason, and continues with others", async () => {
    const poison = await journey.submit("moody", { succeedsAt: 99 });
    const good = await journey.submit("moody", { succeedsAt: 1 });
    await journey.reaches(good, "succeeded");
    const job = await journey.reaches(poison, "failed");
    expect(job.attempts).to.equal(3);
    expect(job.error).to.deep.include({ name: "TypeError", message: "not yet" });
    const letter = await receive(journey.sqs, journey.outputs.deadLetterQueueUrls.moody!);
    expect(JSON.parse(letter.Body!)).to.deep.include({ id: poison, type: "moody", payload: { succeedsAt: 99 } });
    expect(letter.MessageAttributes).to.include.keys("reason", "attempt", "failedAt", "type");
    expect(letter.MessageAttributes!.reason!.StringValue).to.include("not yet");
  });

  it("continues when the router fails at first", async () => {
    const remove = journey.cloud.faults.add({ service: "sqs", action: "SendMessageBatch", times: 5, status: 500 });
    const crash = journey.cloud.faults.add({ service: "lambda", action: "Invoke", times: 1 });
    const ids = await Promise.all([1, 2, 3].map(() => journey.submit("slow", {})));
    await Promise.all(ids.map((id) => journey.reaches(id, "succeeded")));
    remove();
    crash();
  });

  it("answers 503 when it can't be published, and a replay publishes it", async () => {
    const remove = journey.cloud.faults.add({ service: "sns", action: "PublishBatch", status: 500 });
    const job = { id: `replay-${process.pid}`, type: "slow", payload: {} };
    const refused = await journey.call("POST", "/jobs", job);
    remove();
    expect(refused.status).to.equal(503);
    expect(refused.headers.get("retry-after")).to.match(/^\d+$/);
    expect(refused.body.code).to.equal("unavailable");
    expect((await journey.call("GET", `/jobs/${job.id}`)).body.state).to.equal("queued");
    expect((await journey.call("POST", "/jobs", job)).status).to.equal(202);
    await journey.reaches(job.id, "succeeded");
  });

  it("runs a job published straight to the topic, and refuses unknown types visibly there too", async () => {
    const envelope = { version: 1, type: "slow", payload: {}, submittedAt: new Date().toISOString() };
    await publish([
      { ...envelope, id: "straight-1" },
      { ...envelope, id: "lost-1", type: "nobody" },
      { ...envelope, id: "straight-2" },
    ]);
    await journey.reaches("straight-1", "succeeded");
    await journey.reaches("straight-2", "succeeded");
    const unroutable = await receive(journey.sqs, journey.outputs.unroutableQueueUrl);
    expect(unroutable.Body).to.include("lost-1");
    expect(unroutable.MessageAttributes!.reason!.StringValue).to.match(/nobody/);
  });

  it("continues without its record, which a worker then makes", async () => {
    const TableName = journey.outputs.jobTable;
    const letRoute = journey.cloud.faults.add({ service: "lambda", action: "Invoke", status: 0, hangs: true });
    const id = await journey.submit("slow", {});
    await journey.dynamodb.send(new DeleteItemCommand({ TableName, Key: { id: { S: id } } }));
    letRoute();
    await until(() => handlers.ledger().includes(`end ${id}`));
    await journey.reaches(id, "succeeded");
    const { Item } = await journey.dynamodb.send(new GetItemCommand({ TableName, Key: { id: { S: id } } }));
    expect(Item!.expiresAt!.N).to.match(/^\d+$/);
  });

  async function publish(message: unknown): Promise<void> {
    await journey.sns.send(
      new PublishCommand({ TopicArn: journey.outputs.topicArn, Message: JSON.stringify(message) }),
    );
  }
});
