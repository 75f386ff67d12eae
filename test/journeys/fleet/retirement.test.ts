import { expect } from "chai";
import type { Group } from "../../../local-cloud/autoScaling/group";
import { until } from "../../local-cloud/support";
import {
  type Call,
  capacitiesSet,
  groupOf,
  hasSaid,
  idsInService,
  readItem,
  runScaler,
  setItem,
  submitMany,
  watchCalls,
} from "../support/fleet";
import { createHandlers, type Handlers, type Journey, startJourney } from "../support/stack";

/** A changed program under load: instances of the old launch template version go one by one. */
describe("a new launch template version", () => {
  let handlers: Handlers;
  let journey: Journey;
  let calls: Call[];
  const environment = (edition: string) => ({ EDITION: edition });

  before(async () => {
    const held = `note("start " + job.id); await released(job, context); return process.env.EDITION;`;
    handlers = createHandlers({ held }, 1);
    const fleet = { slots: 1, idleSeconds: 0, maxInstances: 3, secondsPerJob: 3_600, drainSeconds: 1 };
    journey = await startJourney(
      [{ name: "held", handler: "held", ...fleet }],
      handlers,
      { environment: environment("first") },
      { scheduleSeconds: 3_600, stopGraceSeconds: 1 },
    );
    calls = watchCalls(journey, "autoscaling");
  });

  after(async () => {
    await journey?.stop();
    handlers?.remove();
  });

  it("takes the old instances' place one by one, and cuts none of their jobs off", async () => {
    const group = groupOf(journey, "held");
    const old = await submitMany(journey, "held", 2);
    await until(() => old.every((id) => handlers.startsOf(id) === 1) && idsInService(group).length === 2);
    const olds = idsInService(group);
    // Stands for their first reports, which come half a minute after a raise from zero.
    await Promise.all(olds.map((id) => setItem(journey, "held", id, { seenAt: Date.now() })));
    await journey.redeploy({ environment: environment("second") });
    const waiting = await submitMany(journey, "held", 2);

    expect(await runScaler(journey)).to.equal(true);
    await until(() => olds.some((id) => hasSaid(journey, id, "worker-retiring")));
    const [first] = olds.filter((id) => hasSaid(journey, id, "worker-retiring"));
    const [second] = olds.filter((id) => id !== first);
    // The first still works, without a limit such as `drainSeconds`, and so the other one stays.
    for (let runs = 0; runs < 3; runs++) expect(await runScaler(journey)).to.equal(true);
    expect(await retiring(olds)).to.deep.equal([first]);

    [...old, ...waiting].forEach((id) => handlers.release(id));
    await until(() => isReplaced(group, first!));
    expect(idsInService(group)).to.include(second);
    expect(await runScaler(journey)).to.equal(true);
    await until(() => isReplaced(group, second!));

    for (const id of old) {
      expect(await journey.reaches(id, "succeeded")).to.deep.include({ attempts: 1, result: "first" });
    }
    await Promise.all(waiting.map((id) => journey.reaches(id, "succeeded")));
    const last = await journey.submit("held", {});
    handlers.release(last);
    expect(await journey.reaches(last, "succeeded")).to.include({ result: "second" });
    const all = [...old, ...waiting, last];
    expect(all.map((id) => handlers.startsOf(id))).to.deep.equal(all.map(() => 1));
    expect(group.instances.map(({ template }) => template.version)).to.deep.equal([2, 2, 2]);
    expect(capacitiesSet(calls, group)).to.deep.equal([2, 3]);
    expect(group.desiredCapacity).to.equal(3);
  });

  /** A worker's last line comes before it terminates its instance: until then the group shows that in service. */
  function isReplaced(group: Group, id: string): boolean {
    const ids = idsInService(group);
    return hasSaid(journey, id, "worker-stopped") && !ids.includes(id) && ids.length === group.desiredCapacity;
  }

  async function retiring(ids: string[]): Promise<string[]> {
    const items = await Promise.all(ids.map(async (id) => ({ id, ...(await readItem(journey, "held", id)) })));
    return items.filter((item) => "retiresSince" in item).map(({ id }) => id);
  }
});
