import { ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { expect } from "chai";
import { receive, until } from "../../local-cloud/support";
import { createHandlers, type Handlers, type Journey, startJourney } from "../support/stack";

/** Failures of the pipeline's own parts, in the whole system, with a repair run each second. */
describe("the repair run", () => {
  let handlers: Handlers;
  let journey: Journey;

  before(async () => {
    handlers = createHandlers({ quick: `note("ran " + job.id); return { ok: true };` });
    const processors = [
      { name: "quick", handler: "quick", slots: 2 },
      // Its workers never start.
      { name: "deserted", handler: "missing", maxAttempts: 1 },
    ];
    journey = await startJourney(processors, handlers, {}, { scheduleSeconds: 1 });
  });

  after(async () => {
    await journey?.stop();
    handlers?.remove();
  });

  const logged = (event: string, word: string) =>
    journey.logs.filter(({ line }) => line.includes(`"event":"${event}"`) && line.includes(word));
  const isRouter = ({ caller = "" }) => caller.includes("-router-");

  it("replays what the router failed at until its retries were exhausted", async () => {
    const sends = { service: "sqs", action: "SendMessageBatch", status: 500, when: isRouter };
    // Nor can it keep them in its table.
    const keeps = { service: "dynamodb", action: "PutItem", status: 500, when: isRouter };
    const removals = [sends, keeps].map((fault) => journey.cloud.faults.add(fault));
    const id = await journey.submit("quick", {});
    // The fault stays: only the repair run can have sent it.
    expect(await journey.reaches(id, "succeeded")).to.deep.include({ attempts: 1, result: { ok: true } });
    for (const remove of removals) remove();
    await until(() => logged("event-replayed", "router failures").length === 1);
    expect(handlers.ledger().filter((line) => line === `ran ${id}`)).to.have.length(1);
  });

  it("routes what the router kept while SQS took nothing", async () => {
    const remove = journey.cloud.faults.add({
      service: "sqs",
      action: "SendMessageBatch",
      status: 500,
      when: isRouter,
    });
    const id = await journey.submit("quick", {});
    expect(await journey.reaches(id, "succeeded")).to.deep.include({ attempts: 1, result: { ok: true } });
    remove();
    await until(() => logged("repair-finished", '"unsent":1').length === 1);
  });

  it("replays what SNS could not deliver to the router", async () => {
    const remove = journey.cloud.faults.add({ service: "lambda", action: "Invoke", when: isRouter });
    const id = await journey.submit("quick", {});
    await journey.reaches(id, "succeeded");
    remove();
    await until(() => logged("event-replayed", "undelivered").length === 1);
  });

  it("gives a dead letter that SQS moved a reason, and its job a final state", async () => {
    const id = await journey.submit("deserted", { a: 1 });
    const queue = { QueueUrl: journey.outputs.queueUrls.deserted, VisibilityTimeout: 0 };
    const take = async (WaitTimeSeconds: number) =>
      (await journey.sqs.send(new ReceiveMessageCommand({ ...queue, WaitTimeSeconds }))).Messages?.length ?? 0;
    let deliveries = await take(10);
    while (await take(0)) deliveries++;
    expect(deliveries).to.equal(1_000);
    const job = await journey.reaches(id, "failed");
    expect(job.error).to.deep.include({ name: "DeliveryGivenUp" });
    expect(job.finishedAt).to.be.a("string");
    const url = journey.outputs.deadLetterQueueUrls.deserted!;
    await until(() => logged("dead-letter-explained", id).length === 1);
    const letter = await receive(journey.sqs, url);
    expect(JSON.parse(letter.Body!)).to.deep.include({ id, type: "deserted", payload: { a: 1 } });
    expect(letter.MessageAttributes!.reason!.StringValue).to.match(/^SQS gave the job up/);
    expect(letter.MessageAttributes).to.include.keys("type", "failedAt", "attempt");
  });
});
