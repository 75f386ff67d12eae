import { expect } from "chai";
import { receive, until } from "../../local-cloud/support";
import { createHandlers, type Handlers, type Journey, startJourney } from "../support/stack";

describe("jobs without records", () => {
  let handlers: Handlers;
  let journey: Journey;

  before(async () => {
    handlers = createHandlers({
      moody: `note(job.id + " " + job.attempt); if (job.attempt < job.payload.succeedsAt) throw new Error("not yet");`,
    });
    const processor = { name: "moody", handler: "moody", maxAttempts: 2, backoffSeconds: 0, slots: 2 };
    journey = await startJourney([processor], handlers, { tracking: false });
  });

  after(async () => {
    await journey?.stop();
    handlers?.remove();
  });

  it("run, are retried as often as SQS delivers them, and end among the dead letters", async () => {
    const good = await journey.submit("moody", { succeedsAt: 2 });
    await until(() => handlers.ledger().includes(`${good} 2`));
    const poison = await journey.submit("moody", { succeedsAt: 9 });
    const letter = await receive(journey.sqs, journey.outputs.deadLetterQueueUrls.moody!);
    expect(JSON.parse(letter.Body!)).to.include({ id: poison });
    expect(letter.MessageAttributes!.reason!.StringValue).to.include("not yet");
    expect(handlers.ledger().filter((line) => line.startsWith(poison))).to.deep.equal([`${poison} 1`, `${poison} 2`]);
  });

  it("can't be read, and the API says so", async () => {
    const { body } = await journey.call("GET", "/jobs/any");
    expect(body).to.include({ status: 404, code: "tracking-off" });
  });
});
