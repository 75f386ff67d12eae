import { expect } from "chai";
import { leavingExitCode } from "../../contract/fleet/state";
import { type WorkerSettings } from "../../contract/workerSettings";
import { buildWorker, fixturesFolder } from "./helpers/build";
import { type FakeGroup, startInstance } from "./helpers/instance";
import { createJobWorld, type JobWorld } from "./helpers/jobWorld";
import { expectNoWorkers, WorkerProcess } from "./helpers/workerProcess";

/** Workers as processes, on instances of a group that the scaler scales. */
describe("The worker as part of a fleet", () => {
  let world: JobWorld;
  let instance: Awaited<ReturnType<typeof startInstance>> | undefined;

  before(async () => {
    await buildWorker();
    world = await createJobWorld();
  });
  afterEach(async () => {
    await expectNoWorkers();
    await instance?.close();
  });
  after(() => world.close());

  async function setUp(instanceId: string, group: Partial<FakeGroup>, fields: Partial<WorkerSettings> = {}) {
    const here = (instance = await startInstance(instanceId, {
      minSize: 0,
      maxSize: 5,
      desired: 1,
      instanceIds: [instanceId],
      ...group,
    }));
    const { settings, environment } = await world.createProcessor({
      type: `fleet-${instanceId}`,
      handler: "versatile",
      slots: 1,
      fleetTable: "fleets",
      scalerFunction: "scaler",
      launchHook: "ready",
      terminateHook: "drained",
      ...fields,
    });
    const all = { ...environment, ...here.environment, WORKER_PROCESSORS_DIR: fixturesFolder };
    return { here, settings, start: () => new WorkerProcess(all) };
  }

  it("reports, retires when its item says so, finishes its job, and nudges the scaler with what waits", async () => {
    const { here, settings, start } = await setUp("i-old", { minSize: 1 });
    await world.putFleetItem(settings, "i-old", { retiresSince: 1, silentSince: Date.now() + 3_600_000 });
    for (let count = 0; count < 3; count++) await world.submit(settings, { do: "sleep", milliseconds: 300 });
    const begun = Date.now();
    const worker = start();
    await worker.event("worker-retiring");
    expect(await worker.exited).to.deep.equal({ code: leavingExitCode, signal: null });

    const own = (await world.fleetItem(settings, "i-old"))!;
    expect(own).to.include({ slots: 1, retiresSince: 1 });
    // The scaler that missed it had a clock an hour ahead.
    expect(own).not.to.have.property("silentSince");
    expect(own.seenAt).to.be.within(begun - 1_000, Date.now() + 1_000);
    expect(own.expiresAt).to.be.within(begun / 1_000 + 899, Date.now() / 1_000 + 901);
    const finished = worker.events.filter(({ event }) => event === "job-succeeded").length;

    expect(here.calls.map(({ Action, ShouldDecrementDesiredCapacity: lowers }) => [Action, lowers])).to.deep.equal([
      ["CompleteLifecycleAction", undefined],
      ["TerminateInstanceInAutoScalingGroup", "false"],
      ["CompleteLifecycleAction", undefined],
    ]);
    const [{ payload, ...call } = {}, ...others] = here.invocations as { payload?: { sent: Record<string, number> } }[];
    expect([call, others]).to.deep.equal([{ path: "/2015-03-31/functions/scaler/invocations", type: "Event" }, []]);
    // One that came as the worker retired, and that it gave back, may still be hidden.
    expect(payload!.sent[settings.type]).to.be.oneOf([3 - finished, 2 - finished]);
  });

  it("ends itself when idle, by the type's groups and its figures, and sends no nudge if nothing waits", async () => {
    const { here, settings, start } = await setUp("i-idle", { desired: 3 }, { idleSeconds: 0.2 });
    await world.putFleetItem(settings, "fleet", { secondsPerJob: 1, targetLatencySeconds: 60 });
    const worker = start();
    expect(await worker.exited).to.deep.equal({ code: leavingExitCode, signal: null });
    const [, described, terminated, completed] = here.calls;
    expect(described).to.include({
      Action: "DescribeAutoScalingGroups",
      "Filters.member.1.Name": "tag:batch-job-processor-fleet",
      "Filters.member.1.Values.member.1": "fleets/fleet-i-idle",
    });
    expect(terminated).to.include({ InstanceId: "i-idle", ShouldDecrementDesiredCapacity: "true" });
    expect(completed).to.include({ LifecycleHookName: "drained", LifecycleActionResult: "CONTINUE" });
    expect(here.invocations).to.deep.equal([]);
  });

  it("continues to work if the fleet table can't be reached", async () => {
    const { settings, start } = await setUp("i-mute", {}, { fleetTable: "no-such-table" });
    const worker = start();
    await worker.event("fleet-report-failed");
    const id = await world.submit(settings, { do: "return", value: 1 });
    await world.recordThat(id, ({ state }) => state === "succeeded");
    worker.kill("SIGTERM");
    expect(await worker.exited).to.deep.equal({ code: 0, signal: null });
  });
});
