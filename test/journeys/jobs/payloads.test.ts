import { randomUUID } from "node:crypto";
import { expect } from "chai";
import { JobClient } from "../../../client/index";
import { runCli } from "../../cli/support";
import { until } from "../../local-cloud/support";
import { letCome } from "../support/fleet";
import { createHandlers, type Handlers, type Journey, startJourney } from "../support/stack";

/** Fails while the payload says so, which only a replay can change. */
const picky = `
context.checkpoint({ seen: (job.checkpoint?.seen ?? 0) + 1 });
if (job.payload.fails) throw new Error("it says so");
return { seen: (job.checkpoint?.seen ?? 0) + 1 };`;

describe("kept payloads", () => {
  let handlers: Handlers;
  let journey: Journey;
  let client: JobClient;

  before(async () => {
    handlers = createHandlers({ picky });
    const brief = { backoffSeconds: 0.1, maxAttempts: 2 };
    journey = await startJourney([{ name: "picky", handler: "picky", minInstances: 1, ...brief }], handlers, {
      events: true,
    });
    client = new JobClient({ url: journey.url });
  });

  after(async () => {
    await journey?.stop();
    handlers?.remove();
  });

  it("show what a job was, and run it again without its dead letter, or another one like it", async () => {
    const labels = { campaign: "spring" };
    const { id } = await client.submit("picky", { fails: true }, { tenant: "acme", labels });
    await journey.reaches(id, "failed");
    const job = await client.get(id);
    expect(job).to.deep.include({ payload: { fails: true }, tenant: "acme", labels });
    expect(job.attemptLog!.map(({ attempt, outcome, error }) => [attempt, outcome, error!.message])).to.deep.equal([
      [1, "failed", "it says so"],
      [2, "failed", "it says so"],
    ]);
    const { stdout } = await runCli(["--url", journey.url, "status", id]);
    expect(stdout)
      .to.match(/^labels +campaign=spring$/m)
      .and.match(/^earlier +#1 failed after .* on i-/m);
    const isLabelled = (line: string) => line.includes('"job-failed"') && line.includes('"campaign":"spring"');
    await until(() => journey.logs.some(({ line }) => isLabelled(line)));
    await client.deadLetters.purge({ type: "picky" });
    // A worker may have it already.
    expect(await client.retry(id)).to.include({ retries: 1 });
    await journey.reaches(id, "failed");
    expect((await client.get(id)).attemptLog).to.have.length(4);
    const replayed = await runCli(["--url", journey.url, "replay", id, "--payload", '{"fails": false}']);
    const other = await client.wait(replayed.stdout.trim());
    expect(other).to.deep.include({ state: "succeeded", result: { seen: 1 }, replayOf: id, tenant: "acme", labels });
  });

  it("run a cancelled job again, once, though its first message comes too", async () => {
    const { id } = await client.submit("picky", { fails: false }, { delaySeconds: 800 });
    await client.cancel(id);
    await client.retry(id, { idempotencyKey: "once" });
    const done = await client.wait(id);
    expect(done).to.deep.include({ state: "succeeded", retries: 1, attempts: 1 });
    await letCome(journey, "picky", id);
    const dropped = (line: string) => line.includes('"message-deleted"') && line.includes(id);
    await until(() => journey.logs.some(({ line }) => dropped(line)));
    expect((await client.retry(id, { idempotencyKey: "once" })).state).to.equal("succeeded");
    expect((await client.deadLetters.list({ type: "picky" })).deadLetters.map((letter) => letter.id)).not.to.include(
      id,
    );
    expect((await client.get(id)).attempts).to.equal(1);
  });

  it("are kept of a job from the topic, too, and removed with result and checkpoint on request", async () => {
    const id = randomUUID();
    const message = { version: 1, id, type: "picky", submittedAt: new Date().toISOString(), payload: { fails: false } };
    await journey.cloud.calls.sns("Publish", {
      ...{ TopicArn: journey.outputs.topicArn, Message: JSON.stringify(message) },
    });
    await journey.reaches(id, "succeeded");
    await until(async () => (await client.get(id)).payload !== undefined);
    const emptied = await client.removeData(id);
    expect(emptied.dataRemovedAt).to.be.a("string");
    const after = await client.get(id);
    expect(after.state).to.equal("succeeded");
    for (const field of ["payload", "result", "checkpointAt"]) expect(after).not.to.have.property(field);
    expect((await client.replay(id, { payload: { fails: false } })).state).to.equal("queued");
  });
});
