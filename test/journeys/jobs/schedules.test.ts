import { expect } from "chai";
import { until } from "../../local-cloud/support";
import { createHandlers, type Handlers, type Journey, startJourney } from "../support/stack";

/** A processor's own schedules and its schema, on the whole of it. */
describe("a processor with schedules and a schema", () => {
  let handlers: Handlers;
  let journey: Journey;

  before(async () => {
    handlers = createHandlers({ count: `note(JSON.stringify(job)); return job.payload;` });
    const settings = { slots: 1, minInstances: 1, maxInstances: 1, drainSeconds: 1 };
    const payloadSchema = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] };
    const schedules = [{ name: "every-hour", expression: "rate(1 hour)", payload: { n: 7 } }];
    journey = await startJourney(
      [{ name: "count", handler: "count", ...settings, payloadSchema, schedules }],
      handlers,
      {},
      { scheduleSeconds: 1 },
    );
  });

  after(async () => {
    await journey?.stop();
    handlers?.remove();
  });

  it("submits jobs by itself, each with an id of its own and a record", async () => {
    await until(() => handlers.ledger().length >= 2);
    const [one, other] = handlers.ledger().map((line) => JSON.parse(line) as { id: string; payload: unknown });
    expect(one!.id).to.match(/^every-hour-[0-9a-f]{16}$/);
    expect(other!.id).not.to.equal(one!.id);
    expect(one!.payload).to.deep.equal({ n: 7 });
    expect(await journey.reaches(one!.id, "succeeded")).to.deep.include({ result: { n: 7 } });
    const { body } = await journey.call("GET", "/jobs?type=count&limit=100");
    expect((body.jobs as { id: string }[]).map(({ id }) => id)).to.include(one!.id);
  });

  it("takes what fits its schema alone, and shows it", async () => {
    const { status, body } = await journey.call("POST", "/jobs", { type: "count", payload: { n: "7" } });
    expect([status, body.code]).to.deep.equal([422, "invalid-payload"]);
    expect((body.errors as { path: string }[]).map(({ path }) => path)).to.deep.equal(["/payload/n"]);
    await journey.reaches(await journey.submit("count", { n: 1 }), "succeeded");
    const { types } = (await journey.call("GET", "/types")).body as { types: Record<string, unknown>[] };
    expect(types[0]).to.include({ type: "count", queueUrl: journey.outputs.queueUrls.count });
    expect(types[0]!.payloadSchema).to.have.property("required").that.deep.equals(["n"]);
  });
});
