import { expect } from "chai";
import { until } from "../../local-cloud/support";
import { createHandlers, type Handlers, type Journey, startJourney } from "../support/stack";

/** Instances that come and go, on the whole of it: metadata, hooks and the group's own calls are real. */
describe("an instance's life", () => {
  let handlers: Handlers;
  let journey: Journey;

  before(async () => {
    handlers = createHandlers({
      held: `note("start " + job.id); await released(job, context); note("end " + job.id); return { attempt: job.attempt };`,
      quick: `return 1;`,
    });
    journey = await startJourney(
      [
        { name: "held", handler: "held", slots: 1, drainSeconds: 1, minInstances: 1, maxInstances: 3 },
        { name: "idle", handler: "held", slots: 1, idleSeconds: 1, drainSeconds: 1, minInstances: 1, maxInstances: 3 },
        { name: "brief", handler: "quick", slots: 1, idleSeconds: 1 },
      ],
      handlers,
    );
  });

  after(async () => {
    await journey?.stop();
    handlers?.remove();
  });

  const group = (type: string) => journey.cloud.groups.list().find(({ name }) => name.includes(`-${type}-`))!;
  const said = (event: string, instance: string) =>
    journey.logs.some(({ name, line }) => name === instance && line.includes(`"event":"${event}"`));

  /** The instance on which a job runs: one that is going may be in its group still. */
  async function instanceOf(id: string): Promise<string> {
    const isItsStart = (line: string) => line.includes('"event":"job-started"') && line.includes(id);
    return (await until(() => journey.logs.find(({ line }) => isItsStart(line)))).name;
  }

  /** Releases a job once another instance has begun it. */
  async function goOnElsewhere(id: string): Promise<void> {
    await until(() => handlers.startsOf(id) === 2);
    handlers.release(id);
  }

  it("begins once the worker has completed the launch hook", async () => {
    await until(() => group("held").instances.some(({ lifecycleState }) => lifecycleState === "InService"));
    const [instance] = group("held").instances;
    await until(() => said("worker-started", instance!.id));
  });

  it("gives its job back at a spot notice, uncounted, and another instance finishes it", async () => {
    const id = await journey.submit("held", {});
    const instanceId = await instanceOf(id);
    const { body } = await journey.call("GET", "/_local/instances");
    const own = (body.instances as { instanceId: string; group: string }[]).find(({ group: of }) =>
      of.includes("held"),
    )!;
    expect(own.instanceId).to.equal(instanceId);
    const notice = await journey.call("POST", "/_local/interrupt", { instanceId });
    expect(notice.status).to.equal(202);
    await goOnElsewhere(id);
    const job = await journey.reaches(id, "succeeded");
    expect(job).to.deep.include({ attempts: 1, result: { attempt: 1 } });
    expect(handlers.ledger().filter((line) => line.endsWith(id))).to.deep.equal([
      `start ${id}`,
      `start ${id}`,
      `end ${id}`,
    ]);
    await until(() => said("job-given-back", instanceId) && said("worker-stopped", instanceId));
    expect(group("held").desiredCapacity).to.equal(1);
  });

  it("ends at a rebalance recommendation: its job is given back, and another instance replaces it at once", async () => {
    const id = await journey.submit("held", {});
    const instanceId = await instanceOf(id);
    const advice = { instanceId, kind: "rebalance" };
    expect((await journey.call("POST", "/_local/interrupt", advice)).status).to.equal(202);
    await goOnElsewhere(id);
    expect(await journey.reaches(id, "succeeded")).to.deep.include({ attempts: 1, result: { attempt: 1 } });
    await until(() => said("worker-stopped", instanceId));
    const told = journey.logs.find(
      ({ name, line }) => name === instanceId && line.includes('"event":"worker-draining"'),
    );
    expect(told?.line).to.include('"reason":"rebalance-recommendation"');
    expect(group("held").desiredCapacity).to.equal(1);
  });

  it("refuses a notice for an instance that isn't there", async () => {
    expect((await journey.call("POST", "/_local/interrupt", { instanceId: "i-0" })).status).to.equal(404);
    expect((await journey.call("POST", "/_local/interrupt", {})).status).to.equal(400);
  });

  it("ends itself when idle above the minimum, and stays at the minimum", async () => {
    const idle = group("idle");
    idle.setDesiredCapacity(3);
    await until(() => idle.desiredCapacity === 1 && idle.instances.length === 1);
    const [last] = idle.instances;
    await until(() => said("idle-instance-kept", last!.id));
    expect(last!.lifecycleState).to.equal("InService");
  });

  it("goes to zero once it has been idle", async () => {
    const brief = group("brief");
    const id = await journey.submit("brief", {});
    await journey.reaches(id, "succeeded");
    await until(() => brief.desiredCapacity === 0 && brief.instances.length === 0);
    const ofBrief = journey.logs.filter(({ line }) => line.includes(id)).map(({ name }) => name);
    const drained = journey.logs.filter(({ line }) => line.includes('"event":"worker-draining"'));
    expect(drained.some(({ name, line }) => ofBrief.includes(name) && line.includes('"reason":"idle"'))).to.equal(true);
  });
});
