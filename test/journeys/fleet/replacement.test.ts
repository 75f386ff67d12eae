import { TerminateInstanceInAutoScalingGroupCommand } from "@aws-sdk/client-auto-scaling";
import { expect } from "chai";
import { until } from "../../local-cloud/support";
import {
  autoScalingClient,
  type Call,
  capacitiesSet,
  groupOf,
  groupsOf,
  hasSaid,
  idsInService,
  readItem,
  runScaler,
  scalerSaid,
  setItem,
  submitMany,
  watchCalls,
} from "../support/fleet";
import { createHandlers, type Handlers, type Journey, startJourney } from "../support/stack";

/** Instances that go, hang, or don't come: what stands in for them. */
describe("replacement", () => {
  const maxSpot = 2;
  let handlers: Handlers;
  let journey: Journey;
  let calls: Call[];
  let mostSpot = 0;

  before(async () => {
    handlers = createHandlers({
      held: `note("start " + job.id); await released(job, context); return job.attempt;`,
    });
    const fleet = { handler: "held", slots: 1, idleSeconds: 0, maxInstances: 2 };
    journey = await startJourney(
      [
        { ...fleet, name: "drained", drainSeconds: 30 },
        { ...fleet, name: "hung" },
        { ...fleet, name: "failing" },
        { ...fleet, name: "spot", spot: true, maxInstances: maxSpot, secondsPerJob: 3_600 },
      ],
      handlers,
      {},
      {
        scheduleSeconds: 3_600,
        stopGraceSeconds: 1,
        launchHookSeconds: 10,
        workerEnvironment: { WORKER_VISIBILITY_TIMEOUT_SECONDS: "6" },
      },
    );
    calls = watchCalls(journey, "autoscaling", {
      after: () => {
        const groups = groupsOf(journey, "spot");
        const most = Math.max(sum(groups.map(({ desiredCapacity }) => desiredCapacity)), sum(groups.map(liveCount)));
        mostSpot = Math.max(mostSpot, most);
      },
    });
  });

  after(async () => {
    await journey?.stop();
    handlers?.remove();
  });

  async function startJob(type: string): Promise<{ id: string; instance: string }> {
    const id = await journey.submit(type, {});
    await until(() => handlers.startsOf(id) === 1 && idsInService(groupOf(journey, type)).length === 1);
    return { id, instance: idsInService(groupOf(journey, type))[0]! };
  }

  it("lets a job finish on an instance that is terminated, and has another instance in its place", async () => {
    const group = groupOf(journey, "drained");
    const { id, instance } = await startJob("drained");
    const client = autoScalingClient(journey);
    const input = { InstanceId: instance, ShouldDecrementDesiredCapacity: false };
    await client.send(new TerminateInstanceInAutoScalingGroupCommand(input));
    client.destroy();
    await until(() => hasSaid(journey, instance, "worker-draining"));
    await until(() => idsInService(group).some((other) => other !== instance));
    expect(handlers.startsOf(id)).to.equal(1);
    expect(hasSaid(journey, instance, "worker-stopped")).to.equal(false);
    handlers.release(id);
    expect(await journey.reaches(id, "succeeded")).to.deep.include({ attempts: 1, result: 1 });
    await until(() => hasSaid(journey, instance, "worker-stopped"));
    await until(() => group.instances.length === 1);
    expect(handlers.startsOf(id)).to.equal(1);
    expect(group.desiredCapacity).to.equal(1);
  });

  it("replaces an instance whose worker hangs, and another one runs its job", async () => {
    const group = groupOf(journey, "hung");
    const { id, instance } = await startJob("hung");
    expect((await journey.call("POST", "/_local/hang", { instanceId: instance })).status).to.equal(202);
    await setItem(journey, "hung", instance, { seenAt: Date.now() - 360_000 });
    expect(await runScaler(journey)).to.equal(true);
    // Seen once, a silence may be the table's.
    expect(await readItem(journey, "hung", instance)).to.have.property("silentSince");
    expect(group.instances.map(({ isHealthy }) => isHealthy)).to.deep.equal([true]);
    await setItem(journey, "hung", instance, { silentSince: Date.now() - 60_000 });
    expect(await runScaler(journey)).to.equal(true);
    expect(group.instances.find((each) => each.id === instance)).to.include({ isHealthy: false, isTerminating: true });
    await until(() => handlers.startsOf(id) === 2);
    expect(idsInService(group)).to.have.length(1).and.not.to.include(instance);
    handlers.release(id);
    expect(await journey.reaches(id, "succeeded")).to.deep.include({ attempts: 1, result: 1 });
    expect(group.desiredCapacity).to.equal(1);
    expect(handlers.startsOf(id)).to.equal(2);
  });

  it("runs on demand while spot is short, and never more instances of both than the maximum", async () => {
    const [spot, onDemand] = groupsOf(journey, "spot");
    const fault = await journey.call("POST", "/_local/faults", { kind: "spot-shortage", group: spot!.name });
    expect(fault.status).to.equal(202);
    const ids = await submitMany(journey, "spot", 3);
    await until(() => spot!.desiredCapacity === maxSpot);
    expect(await runScaler(journey)).to.equal(true);
    expect(onDemand!.desiredCapacity).to.equal(0);
    await setItem(journey, "spot", "fleet", { spotShortSince: Date.now() - 61_000 });
    expect(await runScaler(journey)).to.equal(true);
    expect([spot!.desiredCapacity, onDemand!.desiredCapacity]).to.deep.equal([0, maxSpot]);
    ids.forEach((id) => handlers.release(id));
    await Promise.all(ids.map((id) => journey.reaches(id, "succeeded")));
    expect(ids.map((id) => handlers.startsOf(id))).to.deep.equal([1, 1, 1]);
    // Spot rests until its time has come, then it is asked first again; what runs on demand counts.
    await journey.call("DELETE", "/_local/faults");
    await setItem(journey, "spot", "fleet", { spotRetryAt: Date.now() - 1 });
    onDemand!.terminate(onDemand!.instances[0]!, { lowersDesired: true });
    await until(() => onDemand!.instances.length === 1);
    const more = await submitMany(journey, "spot", 2);
    await until(() => more.some((id) => handlers.startsOf(id) === 1));
    expect(await runScaler(journey)).to.equal(true);
    expect([spot!.desiredCapacity, onDemand!.desiredCapacity]).to.deep.equal([1, 1]);
    more.forEach((id) => handlers.release(id));
    await Promise.all(more.map((id) => journey.reaches(id, "succeeded")));
    expect(mostSpot).to.equal(maxSpot);
    expect((await readItem(journey, "spot", "fleet")).launchProblem).to.equal(undefined);
  });

  it("backs off when instances don't come up, says why, and recovers", async () => {
    const group = groupOf(journey, "failing");
    const fault = await journey.call("POST", "/_local/faults", { kind: "boot-failure", group: group.name });
    expect(fault.status).to.equal(202);
    const id = await journey.submit("failing", {});
    await until(() => failedLaunches() >= 3);
    expect(await runScaler(journey)).to.equal(true);
    const problem = await launchProblem();
    expect(problem).to.match(/^[3-9] launches failed in a row; the last: .*Heartbeat Timeout/);
    await until(() => scalerSaid(journey, "launches-failing").some((line) => line.includes("Heartbeat Timeout")));
    expect([group.desiredCapacity, liveCount(group)]).to.deep.equal([0, 0]);
    const failed = failedLaunches();
    const second = await journey.submit("failing", {});
    expect(await runScaler(journey)).to.equal(true);
    expect(capacitiesSet(calls, group)).to.deep.equal([1, 0]);
    expect(failedLaunches()).to.equal(failed);
    await journey.call("DELETE", "/_local/faults");
    await setItem(journey, "failing", "fleet", { retryAt: Date.now() - 1 });
    expect(await runScaler(journey)).to.equal(true);
    // One probe, however much waits.
    expect(capacitiesSet(calls, group)).to.deep.equal([1, 0, 1]);
    [id, second].forEach((each) => handlers.release(each));
    await Promise.all([id, second].map((each) => journey.reaches(each, "succeeded")));
    expect(await runScaler(journey)).to.equal(true);
    expect(await launchProblem()).to.equal(undefined);
    await until(() => scalerSaid(journey, "launches-recovered").length === 1);
    expect([id, second].map((each) => handlers.startsOf(each))).to.deep.equal([1, 1]);

    function failedLaunches(): number {
      return group.activities.list().filter(({ status }) => status === "Cancelled").length;
    }
  });

  async function launchProblem(): Promise<unknown> {
    const { body } = await journey.call("GET", "/types");
    return (body.types as { type: string; launchProblem?: string }[]).find(({ type }) => type === "failing")!
      .launchProblem;
  }
});

function liveCount({ instances }: ReturnType<typeof groupOf>): number {
  return instances.filter(({ isTerminating }) => !isTerminating).length;
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
