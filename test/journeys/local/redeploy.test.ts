import { expect } from "chai";
import { until } from "../../local-cloud/support";
import { createHandlers, type Handlers, type Journey, startJourney } from "../support/stack";

describe("a program deployed again", () => {
  let handlers: Handlers;
  let journey: Journey;

  before(async () => {
    handlers = createHandlers({
      slow: `note("start " + job.id); if (job.payload.waits) await released(job, context); return process.env.EDITION;`,
    });
    const processors = [{ name: "slow", handler: "slow", slots: 1, minInstances: 1, maxInstances: 3 }];
    const environment = { EDITION: "first" };
    journey = await startJourney(processors, handlers, { environment });
  });

  after(async () => {
    await journey?.stop();
    handlers?.remove();
  });

  it("keeps what runs, and has new instances start from the new launch template version", async () => {
    const group = journey.cloud.groups.list()[0]!;
    const [old] = group.instances;
    const first = await journey.submit("slow", { waits: true });
    await until(() => handlers.ledger().includes(`start ${first}`));
    await journey.redeploy({ environment: { EDITION: "second" } });
    expect(group.settings.template.version).to.equal("2");
    expect(group.instances).to.deep.equal([old]);
    group.setDesiredCapacity(2);
    expect(group.instances.map(({ template }) => template.version)).to.deep.equal([1, 2]);
    const second = await journey.submit("slow", {});
    expect(await journey.reaches(second, "succeeded")).to.include({ result: "second" });
    handlers.release(first);
    expect(await journey.reaches(first, "succeeded")).to.deep.include({ result: "first", attempts: 1 });
  });
});
