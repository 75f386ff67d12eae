import { setTimeout as sleep } from "node:timers/promises";
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { expect } from "chai";
import { until } from "../../local-cloud/support";
import {
  type Call,
  capacitiesSet,
  groupOf,
  idsInService,
  readItem,
  runScaler,
  setItem,
  submitMany,
  watchCalls,
} from "../support/fleet";
import { createHandlers, type Handlers, type Journey, startJourney } from "../support/stack";

/** The groups' way from zero to what the backlog needs and back, without the minute's run but where a test says so. */
describe("capacity", () => {
  let handlers: Handlers;
  let journey: Journey;
  let calls: Call[];

  before(async () => {
    handlers = createHandlers({
      short: `note("start " + job.id); await sleep(200);`,
      held: `note("start " + job.id); await released(job, context);`,
    });
    const fleet = { slots: 1, idleSeconds: 1, maxInstances: 10 };
    journey = await startJourney(
      [
        { ...fleet, name: "burst", handler: "short", slots: 2, maxInstances: 3, secondsPerJob: 60 },
        { ...fleet, name: "few", handler: "short", slots: 2, secondsPerJob: 3_600 },
        { ...fleet, name: "hour", handler: "held", secondsPerJob: 3_600 },
        { ...fleet, name: "learned", handler: "held" },
        { ...fleet, name: "late", handler: "held", maxInstances: 1 },
        { ...fleet, name: "untold", handler: "held", minInstances: 1, secondsPerJob: 3_600 },
      ],
      handlers,
      {},
      { scheduleSeconds: 3_600, stopGraceSeconds: 1 },
    );
    calls = watchCalls(journey, "autoscaling");
  });

  after(async () => {
    await journey?.stop();
    handlers?.remove();
  });

  async function expectAllDoneOnce(ids: string[]): Promise<void> {
    await Promise.all(ids.map((id) => journey.reaches(id, "succeeded")));
    expect(ids.map((id) => handlers.startsOf(id))).to.deep.equal(ids.map(() => 1));
  }

  it("scales from zero to what the backlog needs at the router's nudge, and back to zero by itself", async () => {
    const burst = groupOf(journey, "burst");
    const few = groupOf(journey, "few");
    expect([burst, few].flatMap(({ desiredCapacity, instances }) => [desiredCapacity, instances.length])).to.deep.equal(
      [0, 0, 0, 0],
    );
    const ids = [...(await submitMany(journey, "burst", 20)), ...(await submitMany(journey, "few", 4))];
    expect(ids).to.have.length(24);
    await expectAllDoneOnce(ids);
    // 20 jobs of a minute, the last of them to start within 30 s, need seven instances; 4 jobs of an hour have slots on
    // two.
    expect(capacitiesSet(calls, burst)).to.deep.equal([3]);
    expect(capacitiesSet(calls, few)).to.deep.equal([2]);
    await until(() => [burst, few].every((group) => group.desiredCapacity + group.instances.length === 0));
    expect([burst, few].map(launches)).to.deep.equal([3, 2]);
  });

  it("has one instance for one job of an hour, whether that is given or learned", async () => {
    await setItem(journey, "learned", "fleet", { secondsPerJob: 3_600 });
    const ids = await Promise.all([journey.submit("hour", {}), journey.submit("learned", {})]);
    await until(() => ids.every((id) => handlers.startsOf(id) === 1));
    for (let runs = 0; runs < 4; runs++) expect(await runScaler(journey)).to.equal(true);
    for (const type of ["hour", "learned"]) {
      expect(groupOf(journey, type).desiredCapacity).to.equal(1);
      expect(capacitiesSet(calls, groupOf(journey, type))).to.deep.equal([1]);
      expect(await readItem(journey, type, "fleet")).to.include({ secondsPerJob: 3_600 });
    }
    ids.forEach((id) => handlers.release(id));
    await expectAllDoneOnce(ids);
  });

  it("grows at a busy worker's nudge if the router's are lost", async () => {
    const untold = groupOf(journey, "untold");
    await until(() => idsInService(untold).length === 1);
    const [own] = idsInService(untold);
    const nudges = watchCalls(journey, "lambda");
    const ofScaler = { service: "lambda", when: ({ caller = "" }) => caller.includes("-scaler-") };
    const heal = journey.cloud.faults.add(ofScaler);
    const ids = await submitMany(journey, "untold", 4);
    await until(async () => (await waiting("untold")) === 3);
    await until(() => journey.logs.some(({ line }) => line.includes("scaler-not-nudged")));
    heal();
    await until(() => untold.desiredCapacity === 4);
    expect(nudges.map(({ caller }) => caller)).to.include(own);
    ids.forEach((id) => handlers.release(id));
    await expectAllDoneOnce(ids);
  });

  async function waiting(type: string): Promise<number> {
    const { Attributes } = await journey.sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl: journey.outputs.queueUrls[type],
        AttributeNames: ["ApproximateNumberOfMessages"],
      }),
    );
    return Number(Attributes?.ApproximateNumberOfMessages);
  }

  it("runs a job soon that comes while the last worker ends itself", async () => {
    const late = groupOf(journey, "late");
    const first = await journey.submit("late", {});
    await until(() => handlers.startsOf(first) === 1 && idsInService(late).length === 1);
    const [leaving] = idsInService(late);
    // From now on it receives no job: the next one comes too late for it.
    const service = { service: "sqs", action: "ReceiveMessage" };
    journey.cloud.faults.add({ ...service, when: ({ caller }) => caller === leaving });
    let second: string | undefined;
    watchCalls(journey, "autoscaling", {
      before: async ({ action, caller }) => {
        if (action !== "TerminateInstanceInAutoScalingGroup" || caller !== leaving || second !== undefined) return;
        second = await journey.submit("late", {});
        // Whatever the router tells the scaler comes to nothing: the group still counts the worker that leaves.
        while ((await waiting("late")) === 0) await sleep(20);
      },
    });
    const nudges = watchCalls(journey, "lambda");
    handlers.release(first);
    await until(() => second !== undefined);
    await until(() => handlers.startsOf(second!) === 1);
    expect(capacitiesSet(calls, late)).to.deep.equal([1, 1]);
    expect(nudges.map(({ caller }) => caller)).to.include(leaving);
    expect(idsInService(late)).not.to.include(leaving);
    handlers.release(second!);
    await expectAllDoneOnce([first, second!]);
  });
});

/** Number of instances that the group has ever launched. */
function launches(group: ReturnType<typeof groupOf>): number {
  return group.activities.list().filter(({ description }) => description.startsWith("Launching")).length;
}
